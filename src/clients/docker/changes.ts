import { SECOND } from '../../domain/time.ts';
import { createAnswer, imagePath, understood } from './answers.ts';
import type { Docker } from './docker.ts';
import type { JsonObject } from './facts.ts';
import { secretsOf } from './secrets.ts';
import type { Transport } from './transport.ts';

type ContainerChanges = Pick<
  Docker,
  'create' | 'connect' | 'start' | 'stop' | 'restart' | 'rename' | 'setRestartPolicy'
>;
type PinChanges = Pick<Docker, 'remove' | 'tag' | 'untag'>;

/** The calls that change a container. */
export function containerChanges(transport: Transport): ContainerChanges {
  return {
    async create(name, body, signal) {
      const doing = `creating container ${name}`;
      const request = { doing, query: { name }, body, timeoutMs: 30 * SECOND, secrets: secretsOf(body) };
      return understood(createAnswer, await post(transport, '/containers/create', request, signal), doing);
    },
    async connect(network, id, endpoint, signal) {
      const request = {
        doing: `connecting ${id} to network ${network}`,
        body: { Container: id, EndpointConfig: endpoint },
      };
      await post(transport, `/networks/${encodeURIComponent(network)}/connect`, request, signal);
    },
    async start(id, signal) {
      await post(
        transport,
        container(id, 'start'),
        { doing: `starting container ${id}`, timeoutMs: 30 * SECOND },
        signal,
      );
    },
    async stop(id, graceMs, signal) {
      await post(
        transport,
        container(id, 'stop'),
        { doing: `stopping container ${id}`, ...patience(graceMs) },
        signal,
      );
    },
    async restart(id, graceMs, signal) {
      const request = { doing: `restarting container ${id}`, ...patience(graceMs) };
      await post(
        transport,
        container(id, 'restart'),
        { ...request, timeoutMs: request.timeoutMs + 10 * SECOND },
        signal,
      );
    },
    async rename(id, name, signal) {
      await post(
        transport,
        container(id, 'rename'),
        { doing: `renaming container ${id} to ${name}`, query: { name } },
        signal,
      );
    },
    async setRestartPolicy(id, policy, signal) {
      const body = { RestartPolicy: { Name: policy.name, MaximumRetryCount: policy.maximumRetryCount } };
      const doing = `setting the restart policy of container ${id}`;
      await post(transport, container(id, 'update'), { doing, body }, signal);
    },
  };
}

/** The calls that remove a container, and those that keep an image. */
export function pinChanges(transport: Transport): PinChanges {
  return {
    async remove(id, signal) {
      const path = `/containers/${encodeURIComponent(id)}`;
      await transport.find({ method: 'DELETE', path, doing: `removing container ${id}` }, signal);
    },
    async tag(image, repository, tag, signal) {
      const doing = `tagging image ${image} as ${repository}:${tag}`;
      await post(
        transport,
        `/images/${imagePath(image)}/tag`,
        { doing, query: { repo: repository, tag } },
        signal,
      );
    },
    async untag(reference, signal) {
      const path = `/images/${imagePath(reference)}`;
      await transport.find({ method: 'DELETE', path, doing: `removing the tag ${reference}` }, signal);
    },
  };
}

interface Change {
  readonly doing: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: JsonObject;
  readonly timeoutMs?: number;
  readonly secrets?: readonly string[];
}

async function post(
  transport: Transport,
  path: string,
  change: Change,
  signal: AbortSignal,
): Promise<unknown> {
  return transport.ask({ method: 'POST', path, ...change }, signal);
}

function container(id: string, verb: string): string {
  return `/containers/${encodeURIComponent(id)}/${verb}`;
}

/** The engine answers once the container has stopped, so it may take the grace and some time for the KILL. */
function patience(graceMs: number): { query: { t: number }; timeoutMs: number } {
  return { query: { t: Math.ceil(graceMs / SECOND) }, timeoutMs: graceMs + 20 * SECOND };
}
