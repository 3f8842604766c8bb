import type { JsonSchema } from './json-schema.ts';

/** Shorter ones are better read where they stand. */
const worthSharing = 300;

/** The same schema with every long part that stands in several places written once, under `definitions`. */
export function shared(schema: JsonSchema): JsonSchema {
  const places = new Map<string, number>();
  count(schema, places);
  const definitions = new Map<string, { readonly text: string; readonly schema: unknown }>();
  const refer = (name: string, node: object, text: string): unknown => {
    const known = [...definitions].find(([, definition]) => definition.text === text);
    const own = known?.[0] ?? unused(name, definitions);
    if (known === undefined) {
      definitions.set(own, { text, schema: null });
      definitions.set(own, { text, schema: replaced(node) });
    }
    return { $ref: `#/definitions/${own}` };
  };
  const replaced = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(replaced);
    if (node === null || typeof node !== 'object') return node;
    return Object.fromEntries(
      Object.entries(node).map(([key, value]) => [
        key,
        key === 'properties' ? referred(value as Readonly<Record<string, object>>) : replaced(value),
      ]),
    );
  };
  const referred = (properties: Readonly<Record<string, object>>): unknown =>
    Object.fromEntries(
      Object.entries(properties).map(([name, node]) => {
        const text = JSON.stringify(node);
        return [name, (places.get(text) ?? 0) > 1 ? refer(name, node, text) : replaced(node)];
      }),
    );
  const rest = replaced(schema) as JsonSchema;
  const shared = [...definitions].map(([name, definition]) => [name, definition.schema] as const);
  return definitions.size === 0 ? rest : { ...rest, definitions: Object.fromEntries(shared) };
}

/** How often each long schema of a key occurs. */
function count(node: unknown, places: Map<string, number>): void {
  if (node === null || typeof node !== 'object') return;
  for (const [key, value] of Object.entries(node)) {
    count(value, places);
    if (key !== 'properties') continue;
    for (const property of Object.values(value as Readonly<Record<string, unknown>>)) {
      const text = JSON.stringify(property);
      if (text.length >= worthSharing) places.set(text, (places.get(text) ?? 0) + 1);
    }
  }
}

function unused(name: string, taken: ReadonlyMap<string, unknown>): string {
  let own = name;
  for (let number = 2; taken.has(own); number++) own = `${name}-${number}`;
  return own;
}
