import { z } from 'zod';
import type { Clock } from '../../domain/ports/clock.ts';
import { canonical, type Json } from '../../domain/json.ts';
import { SECOND } from '../../domain/time.ts';
import { understood } from './answers.ts';
import type { JsonObject } from './facts.ts';
import { secretsOf } from './secrets.ts';
import { recordIn } from './shape.ts';
import { Transport, type DockerEndpoint } from './transport.ts';

/** A service of a Swarm as its manager has it. Its specification holds secrets. */
export interface ServiceFacts {
  readonly id: string;
  readonly name: string;
  /** Of its specification; an update must name it, and is refused when it has changed. */
  readonly version: number;
  readonly spec: JsonObject;
  /** The update that goes on or was the last; null when there was none. */
  readonly update: { readonly state: string; readonly startedAt: string; readonly message: string } | null;
}

/** A task of a service: one container, on some node. */
export interface TaskFacts {
  /** new, pending, preparing, starting, running, complete, failed, rejected, … */
  readonly state: string;
  readonly wantedState: string;
  readonly spec: JsonObject;
  readonly problem: string;
}

/** The services of a Swarm; needs a manager. Rejects as `Docker` does. `swarmCalls` lists the requests behind it. */
export interface Swarm {
  /** By its exact name; null when there is none. */
  service(name: string, signal: AbortSignal): Promise<ServiceFacts | null>;
  tasks(service: string, signal: AbortSignal): Promise<readonly TaskFacts[]>;
  /** Replaces the specification; `REFUSED` when it is no longer of that version. */
  update(service: ServiceFacts, spec: JsonObject, signal: AbortSignal): Promise<void>;
}

const object = z.record(
  z.string(),
  z.custom<Json>(() => true),
);
const updateStatus = z.object({
  State: z.string().default(''),
  StartedAt: z.string().default(''),
  Message: z.string().default(''),
});
const serviceAnswer = z
  .object({
    ID: z.string(),
    Version: z.object({ Index: z.number() }),
    Spec: object,
    UpdateStatus: updateStatus.nullish(),
  })
  .transform((value): ServiceFacts => {
    const { State = '', StartedAt = '', Message = '' } = value.UpdateStatus ?? {};
    return {
      id: value.ID,
      name: typeof value.Spec['Name'] === 'string' ? value.Spec['Name'] : '',
      version: value.Version.Index,
      spec: value.Spec,
      update: State === '' ? null : { state: State, startedAt: StartedAt, message: Message },
    };
  });
const tasksAnswer = z.array(
  z
    .object({
      Spec: object,
      DesiredState: z.string(),
      Status: z.object({ State: z.string(), Err: z.string().default('') }),
    })
    .transform(({ Spec, DesiredState, Status }): TaskFacts => ({
      state: Status.State,
      wantedState: DesiredState,
      spec: Spec,
      problem: Status.Err,
    })),
);

/** Opens the Swarm of an engine. Nothing is sent until the first call. */
export function openSwarm(options: { readonly endpoint: DockerEndpoint; readonly clock: Clock }): Swarm {
  const transport = new Transport({ timeoutMs: 10 * SECOND, ...options });
  return {
    async service(name, signal) {
      const doing = `inspecting service ${name}`;
      const path = `/services/${encodeURIComponent(name)}`;
      const answer = await transport.find({ method: 'GET', path, doing }, signal);
      if (answer === null) return null;
      const facts = understood(serviceAnswer, answer, doing);
      return facts.name === name ? facts : null;
    },
    async tasks(service, signal) {
      const doing = `listing the tasks of service ${service}`;
      const query = { filters: canonical({ service: [service] }) };
      return understood(
        tasksAnswer,
        await transport.ask({ method: 'GET', path: '/tasks', query, doing }, signal),
        doing,
      );
    },
    async update({ id, name, version }, spec, signal) {
      const doing = `updating service ${name}`;
      const path = `/services/${encodeURIComponent(id)}/update`;
      const container = recordIn(recordIn(spec['TaskTemplate'])['ContainerSpec']);
      const secrets = secretsOf({ Env: container['Env'] ?? [], Cmd: container['Args'] ?? [] });
      const request = { method: 'POST', path, query: { version }, body: spec, doing, secrets } as const;
      await transport.ask({ ...request, timeoutMs: 30 * SECOND }, signal);
    },
  };
}
