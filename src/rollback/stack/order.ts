import type { StackRecord } from '../../clients/compose/record.ts';
import type { JsonObject } from '../../clients/docker/facts.ts';
import { listIn, recordIn, textIn, textsIn } from '../../clients/docker/shape.ts';

/** Definition of a service in the recorded project. */
export function definitionOf({ model }: StackRecord, service: string): JsonObject {
  return recordIn(recordIn(model['services'])[service]);
}

/** The recorded services, each after those that it depends on; alphabetical where nothing says otherwise. */
export function inOrder(record: StackRecord): readonly string[] {
  const ordered: string[] = [];
  const visit = (service: string, above: readonly string[]): void => {
    if (ordered.includes(service) || above.includes(service)) return;
    for (const other of needs(record, service)) visit(other, [...above, service]);
    if (service in record.services) ordered.push(service);
  };
  for (const service of Object.keys(record.services).toSorted()) visit(service, []);
  return ordered;
}

/** All services that a service depends on, directly or through others. */
export function neededBy(record: StackRecord, service: string): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (one: string): void => {
    if (found.has(one)) return;
    found.add(one);
    for (const other of needs(record, one)) visit(other);
  };
  for (const other of needs(record, service)) visit(other);
  return found;
}

/** Services that must be replaced or restarted with another one, although they did not change themselves. */
export function followers(record: StackRecord, service: string): readonly string[] {
  return Object.keys(record.services).filter(
    (other) =>
      sharing(record, other).includes(service) ||
      recordIn(dependencies(record, other)[service])['restart'] === true,
  );
}

/** Services that others wait for to complete. They are made anew, but a rollback does not run them again. */
export function jobsOf(record: StackRecord): ReadonlySet<string> {
  const waits = Object.keys(recordIn(record.model['services'])).flatMap((service) =>
    Object.entries(dependencies(record, service)),
  );
  return new Set(
    waits.flatMap(([service, wait]) =>
      textIn(recordIn(wait)['condition']) === 'service_completed_successfully' ? [service] : [],
    ),
  );
}

/** What a service depends on, in the words of Compose's own label. */
export function dependencyLabel(record: StackRecord, service: string): string {
  return Object.entries(dependencies(record, service))
    .map(
      ([other, wait]) =>
        `${other}:${textIn(recordIn(wait)['condition'])}:${String(recordIn(wait)['restart'] === true)}`,
    )
    .join(',');
}

function needs(record: StackRecord, service: string): readonly string[] {
  return [...Object.keys(dependencies(record, service)), ...sharing(record, service)].toSorted();
}

function dependencies(record: StackRecord, service: string): JsonObject {
  return recordIn(definitionOf(record, service)['depends_on']);
}

/** Services whose network, process space or volumes it uses: it hangs on the very container. */
function sharing(record: StackRecord, service: string): readonly string[] {
  const definition = definitionOf(record, service);
  const modes = ['network_mode', 'ipc', 'pid'].map((key) => textIn(definition[key]));
  const volumes = textsIn(listIn(definition['volumes_from']));
  return [
    ...modes.filter((mode) => mode.startsWith('service:')).map((mode) => mode.slice('service:'.length)),
    ...volumes.filter((from) => !from.startsWith('container:')).map((from) => from.split(':')[0] ?? ''),
  ];
}
