import type { Drivers } from '../../domain/ports/driver.ts';
import { composeBuildDriver } from '../../rollback/drivers/compose-build.ts';
import { composeRestartDriver } from '../../rollback/drivers/compose-restart.ts';
import { composeRollbackDriver } from '../../rollback/drivers/compose-rollback.ts';
import { dockerRestartDriver } from '../../rollback/drivers/docker-restart.ts';
import { dockerRollbackDriver } from '../../rollback/drivers/docker-rollback.ts';
import { gitCheckoutPathsDriver } from '../../rollback/drivers/git-checkout-paths.ts';
import { gitResetDriver } from '../../rollback/drivers/git-reset.ts';
import { gitRevertDriver } from '../../rollback/drivers/git-revert.ts';
import { gitTagDriver } from '../../rollback/drivers/git-tag.ts';
import { linkRollbackDriver } from '../../rollback/drivers/link-rollback.ts';
import { processRestartDriver } from '../../rollback/drivers/process-restart.ts';
import { processStopDriver } from '../../rollback/drivers/process-stop.ts';
import { swarmRollbackDriver } from '../../rollback/drivers/swarm-rollback.ts';
import type { Connections } from '../connections.ts';
import type { DriverParts } from './driver-parts.ts';

/** Steps that bring what runs back to an older release, or make it start again. */
export function releaseDrivers(
  { docker, compose, hostMemory, swarm, http, git, copies, processes, files, records }: Connections,
  { clock, vault, own }: DriverParts,
): Drivers {
  const container = { docker, vault, clock, own };
  const stack = { ...container, compose, hostMemory };
  const copy = { copies, git, records, clock };
  const process = { processes, clock, hostRoot: files.hostRoot, records };
  return {
    'docker.rollback': dockerRollbackDriver(container),
    'docker.restart': dockerRestartDriver(container),
    'compose.rollback': composeRollbackDriver(stack),
    'compose.build': composeBuildDriver(stack),
    'compose.restart': composeRestartDriver({ ...stack, records }),
    'swarm.rollback': swarmRollbackDriver({ swarm, docker, vault, clock }),
    'link.rollback': linkRollbackDriver({ processes, clock, http }),
    'process.stop': processStopDriver(process),
    'process.restart': processRestartDriver(process),
    'git.checkout_paths': gitCheckoutPathsDriver(copy),
    'git.reset': gitResetDriver(copy),
    'git.tag': gitTagDriver(copy),
    'git.revert': gitRevertDriver({ git, clock }),
  } satisfies Drivers;
}
