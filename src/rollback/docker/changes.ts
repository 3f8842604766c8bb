import type { JsonObject } from '../../clients/docker/facts.ts';
import { listIn, recordIn, textIn, textsIn, variableName } from '../../clients/docker/shape.ts';
import type { Specification } from '../../clients/docker/specification.ts';
import { canonical, type Json } from '../../domain/json.ts';

/** What differs between two specifications, by name: `env LOG_LEVEL changed`. Never a value: values are secrets. */
export function changesBetween(from: Specification, to: Specification): readonly string[] {
  const command = ({ config }: Specification): string => canonical([config['Cmd'], config['Entrypoint']]);
  return [
    ...compare('env', variables(from.config['Env']), variables(to.config['Env'])),
    ...compare('label', recordIn(from.config['Labels']), recordIn(to.config['Labels'])),
    ...(command(from) === command(to) ? [] : ['command changed']),
    ...compare('mount', mounts(from.hostConfig), mounts(to.hostConfig)),
    ...compare('network', from.networks, to.networks),
    ...compare('option', options(from.config), options(to.config)),
    ...compare('option', options(from.hostConfig), options(to.hostConfig)),
  ];
}

const named = new Set(['Env', 'Labels', 'Cmd', 'Entrypoint', 'Binds', 'Mounts']);

/** What is not shown under a word of its own. */
function options(part: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(part).filter(([name]) => !named.has(name)));
}

function compare(what: string, from: JsonObject, to: JsonObject): readonly string[] {
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  return names.flatMap((name) => {
    if (!(name in to)) return [`${what} ${name} goes`];
    if (!(name in from)) return [`${what} ${name} comes back`];
    return canonical(from[name]) === canonical(to[name]) ? [] : [`${what} ${name} changed`];
  });
}

function variables(value: Json | undefined): JsonObject {
  return Object.fromEntries(textsIn(value).map((entry) => [variableName(entry), entry]));
}

/** By the place inside the container. */
function mounts(hostConfig: JsonObject): JsonObject {
  const binds = textsIn(hostConfig['Binds']).map((bind): [string, Json] => [bind.split(':')[1] ?? '', bind]);
  const others = listIn(hostConfig['Mounts']).map((mount): [string, Json] => [
    textIn(recordIn(mount)['Target']),
    mount,
  ]);
  return Object.fromEntries([...binds, ...others]);
}
