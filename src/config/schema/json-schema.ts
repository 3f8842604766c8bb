import { z, type ZodType } from 'zod';
import { asIn } from '../scalars.ts';

/** A JSON Schema, draft 7: what editors understand best. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What may be written where `schema` reads, as JSON Schema. `templates`: text may hold `${…}` in any place. */
export function jsonSchemaOf(schema: ZodType, { templates = false } = {}): JsonSchema {
  const { $schema: _, definitions: __, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
  });
  return tidied(made, templates) as JsonSchema;
}

/** A key whose value is described by a JSON Schema that was made before. */
export function described(made: JsonSchema, description: string | undefined): ZodType {
  return z
    .unknown()
    .optional()
    .meta({ ...made, ...(description === undefined ? {} : { description }) });
}

/** The same key with what its value holds, in the place of a reader of its own. */
export function filled(key: ZodType, content: ZodType): ZodType {
  return content.optional().describe(key.description ?? '');
}

/** Exactly one of these keys has to be there. */
export function oneOf(keys: readonly string[]): JsonSchema {
  return { oneOf: keys.map((key) => ({ required: [key] })) };
}

/** Without what is only the library's own way of saying nothing. */
function tidied(node: unknown, templates: boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => tidied(item, templates));
  if (node === null || typeof node !== 'object') return node;
  if (isAnyJson(node)) return withoutReference(node, templates);
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    // Formats repeat what a pattern says, or say more than is meant: `uri` refuses templates.
    if ((key === 'format' && typeof value === 'string') || isUnbounded(key, value)) continue;
    if (key === 'pattern' && templates && typeof value === 'string') kept[key] = `(?:${value})|\\$\\{`;
    else if (key === asIn) kept['examples'] = value;
    else kept[key] = tidied(value, templates);
  }
  return kept;
}

/** Any JSON at all, which the library spells out as a schema that contains itself. */
function isAnyJson(node: object): boolean {
  if ('$ref' in node) return true;
  return 'allOf' in node && Array.isArray(node.allOf) && node.allOf.some((part: object) => '$ref' in part);
}

function withoutReference(node: object, templates: boolean): unknown {
  const { $ref: _, allOf: __, ...rest } = node as Record<string, unknown>;
  return tidied(rest, templates);
}

function isUnbounded(key: string, value: unknown): boolean {
  return (key === 'maximum' || key === 'minimum') && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
}
