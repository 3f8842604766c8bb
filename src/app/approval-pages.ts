import type { Configuration } from '../domain/configuration.ts';
import type { Clock } from '../domain/ports/clock.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import type { Log } from '../domain/ports/log.ts';
import type { Vault } from '../domain/ports/vault.ts';
import type { Metrics } from '../record/metrics.ts';
import { approvalPage } from '../server/approval/routes.ts';
import type { ServerOptions } from '../server/server.ts';

export interface ApprovalPageSurroundings {
  readonly daemon: Daemon;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'approvalPage'>;
}

/** The page behind approval links, and the public name under which people's browsers ask for it. */
export function approvalPages(
  { publicUrl, environment }: Pick<Configuration, 'publicUrl' | 'environment'>,
  { metrics, ...parts }: ApprovalPageSurroundings,
): Pick<ServerOptions, 'hosts' | 'pages'> {
  const name = publicUrl === null ? undefined : URL.parse(publicUrl)?.hostname;
  return {
    hosts: name === undefined ? [] : [name],
    pages: [
      approvalPage({ ...parts, environment, publicUrl, count: (event) => metrics.approvalPage(event) }),
    ],
  };
}
