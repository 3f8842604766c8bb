import { canonical } from '../../domain/json.ts';
import { imagePath, understood, versionAnswer } from './answers.ts';
import type { Docker } from './docker.ts';
import { containerAnswer, imageAnswer, listAnswer, type JsonObject } from './facts.ts';
import { statsAnswer } from './stats.ts';
import type { Transport } from './transport.ts';

type Reads = Pick<
  Docker,
  'version' | 'labelled' | 'containers' | 'container' | 'image' | 'hasNetwork' | 'hasVolume' | 'use'
>;

/** The calls that change nothing. */
export function reads(transport: Transport): Reads {
  const found = async (path: string, doing: string, signal: AbortSignal): Promise<unknown> =>
    transport.find({ method: 'GET', path, doing }, signal);
  const listed = async (filters: JsonObject, signal: AbortSignal) => {
    const query = { all: true, filters: canonical(filters) };
    const request = { method: 'GET', path: '/containers/json', query, doing: 'listing containers' } as const;
    return understood(listAnswer, await transport.ask(request, signal), request.doing);
  };
  return {
    async version(signal) {
      const doing = 'asking for its version';
      const answer = await transport.ask({ method: 'GET', path: '/version', doing }, signal);
      return understood(versionAnswer, answer, doing);
    },
    labelled: async (label, value, signal) =>
      listed({ label: [value === null ? label : `${label}=${value}`] }, signal),
    containers: async (signal) => listed({}, signal),
    async container(nameOrId, signal) {
      const doing = `inspecting container ${nameOrId}`;
      const answer = await found(`/containers/${encodeURIComponent(nameOrId)}/json`, doing, signal);
      if (answer === null) return null;
      const facts = understood(containerAnswer, answer, doing);
      return facts.name === nameOrId || facts.id === nameOrId ? facts : null;
    },
    async image(reference, signal) {
      const doing = `inspecting image ${reference}`;
      const answer = await found(`/images/${imagePath(reference)}/json`, doing, signal);
      return answer === null ? null : understood(imageAnswer, answer, doing);
    },
    hasNetwork: async (name, signal) =>
      (await found(`/networks/${encodeURIComponent(name)}`, `inspecting network ${name}`, signal)) !== null,
    hasVolume: async (name, signal) =>
      (await found(`/volumes/${encodeURIComponent(name)}`, `inspecting volume ${name}`, signal)) !== null,
    async use(id, sampled, signal) {
      const doing = `reading the use of container ${id}`;
      const query = sampled ? { stream: false } : { stream: false, 'one-shot': true };
      const path = `/containers/${encodeURIComponent(id)}/stats`;
      return understood(
        statsAnswer,
        await transport.ask({ method: 'GET', path, query, doing }, signal),
        doing,
      );
    },
  };
}
