import type { JsonObject } from './facts.ts';
import { recordIn, textsIn } from './shape.ts';

/**
 * Values of a container's configuration that may be secrets: those of its environment, its arguments and its labels, but
 * for the labels of Compose and Swarm, which name services.
 * Engines quote them in refusals and programs print them, so whoever passes such text on hides these first.
 */
export function secretsOf(config: JsonObject): readonly string[] {
  const environment = textsIn(config['Env']).map((entry) => entry.slice(entry.indexOf('=') + 1));
  const commands = [...textsIn(config['Cmd']), ...textsIn(config['Entrypoint'])];
  const labels = Object.entries(recordIn(config['Labels']))
    .filter(([name]) => !name.startsWith('com.docker.'))
    .map(([, value]) => value)
    .filter((value) => typeof value === 'string');
  return [...environment, ...commands, ...labels];
}
