import { labels } from '../../clients/docker/marks.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import {
  convergenceOf,
  imageOf,
  serviceValue,
  specWithoutMarks,
  type ServiceSpecRecord,
} from '../../clients/docker/swarm-service.ts';
import type { ServiceFacts, Swarm, TaskFacts } from '../../clients/docker/swarm.ts';
import { RollbackError } from '../../domain/errors.ts';
import { canonical } from '../../domain/json.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Vault } from '../../domain/ports/vault.ts';

/** Learns which release a Swarm service runs: its image and a keyed digest of its specification, which goes along, sealed. */
export function swarmObserver(parts: {
  readonly swarm: Swarm;
  readonly vault: Vault;
  readonly clock: Clock;
}): Observer {
  const { swarm, vault, clock } = parts;
  const sealed = new Map<string, { readonly plain: string; readonly sealed: string }>();
  const sealOnce = (target: string, spec: ServiceFacts['spec']): string => {
    const record: ServiceSpecRecord = { version: 1, kind: 'swarm', spec: specWithoutMarks(spec) };
    const plain = vault.digest(canonical(record));
    const known = sealed.get(target);
    if (known?.plain === plain) return known.sealed;
    const made = { plain, sealed: vault.seal(JSON.stringify(record)) };
    sealed.set(target, made);
    return made.sealed;
  };
  return {
    kind: 'swarm',
    sees: (target) => target.swarm !== null,
    async look(target, signal) {
      if (target.swarm === null)
        throw new RollbackError('ANSWER_INVALID', `the target ${target.name} has no service to look at`);
      const at = clock.now();
      const service = await swarm.service(target.swarm.service, signal);
      const nothing = { at, healthy: null, exited: false, opId: null, manager: null };
      if (service === null) return { ...nothing, components: [], sealed: null };
      const tasks = await swarm.tasks(service.id, signal);
      const label = imageOf(service.spec).split('@')[0] ?? '';
      return {
        ...nothing,
        components: [{ kind: 'service', value: serviceValue(service.spec, vault), label }],
        healthy: healthOf(service, tasks),
        sealed: sealOnce(target.name, service.spec),
        opId: textIn(recordIn(service.spec['Labels'])[labels.op]) || null,
      };
    },
  };
}

/** While tasks come up nobody can tell; a task that runs has passed its health check, if it has one. */
function healthOf(service: ServiceFacts, tasks: readonly TaskFacts[]): boolean | null {
  const { converged, running, wanted } = convergenceOf(service, tasks);
  if (converged) return wanted === 0 ? null : true;
  if (service.update?.state === 'updating') return null;
  const coming = tasks.some(
    ({ state, wantedState }) =>
      wantedState === 'running' && !['running', 'failed', 'rejected'].includes(state),
  );
  return coming && running > 0 ? null : false;
}
