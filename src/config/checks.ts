import { z } from 'zod';
import type { Check } from '../domain/playbook.ts';
import { formatQuantity } from '../domain/quantity.ts';
import { SECOND } from '../domain/time.ts';
import { variableIn } from '../domain/variables.ts';
import { comparisonShape, operatorsAt, readComparison } from './comparisons.ts';
import { checkTemplates } from './placeholders.ts';
import type { Fields, Place } from './place.ts';
import { membersOf } from './members.ts';
import type { ReadingContext } from './reading-context.ts';
import { checkPrograms } from './programs.ts';
import { someTime, text } from './scalars.ts';
import { readSignal } from './signals.ts';

const tcp = z.strictObject({
  host: z.string().min(1).describe('Name or address'),
  port: z.int().min(1).max(65535).describe('1 to 65535'),
  timeout: someTime.optional().describe('2s unless stated'),
});

const command = z.strictObject({
  run: z.array(z.string()).min(1).describe('A program of allowed_programs and its arguments'),
  timeout: someTime.optional().describe('30s unless stated'),
});

/** The keys of a check beside its signal. */
export const checkShape = {
  ...comparisonShape,
  name: text.optional().describe('For people; what it asks unless stated'),
  tcp: tcp.optional().describe('Passes when a connection is accepted'),
  command: command.optional().describe('Passes when the program ends with 0'),
  if_set: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'expected the name of a variable')
    .optional()
    .describe('A variable of the daemon; without it the check is left out, and check says so'),
};

/** Whether a check waits for a variable that the daemon does not have: then nothing of it is looked up, either. */
export function isLeftOut(check: unknown, { environment }: Pick<ReadingContext, 'environment'>): boolean {
  const name = membersOf(check)['if_set'];
  return typeof name === 'string' && (variableIn(environment, name) ?? '') === '';
}

/** One check of a verification phase; null after a problem, or when it is left out. */
export function readCheck(
  place: Place,
  allowedPrograms: readonly string[],
  context: ReadingContext,
): Check | null {
  const check = readWhole(place, allowedPrograms, context);
  if (check === null || !isLeftOut(place.value, context)) return check;
  const variable = String(place.at('if_set').value);
  place
    .at('if_set')
    .warning(`${check.name} is left out: the variable ${variable} is not set`, 'check/left-out');
  return null;
}

function readWhole(place: Place, allowedPrograms: readonly string[], context: ReadingContext): Check | null {
  const words = Object.fromEntries(
    Object.keys(context.sources).map((kind) => [kind, z.unknown().optional()]),
  );
  const fields: Fields<typeof checkShape> = place.fields({ ...words, ...checkShape });
  if (place.value === null || typeof place.value !== 'object' || Array.isArray(place.value)) return null;
  const kinds = ['tcp', 'command', ...Object.keys(context.sources)].filter((kind) => place.has(kind));
  const [kind, ...others] = kinds;
  if (kind === undefined) {
    place.problem(
      `checks nothing; expected one of ${[...Object.keys(context.sources), 'tcp', 'command'].join(', ')}`,
    );
    return null;
  }
  for (const other of others)
    place.at(other).problem(`a check asks one thing: ${kind} is there already`, 'key');
  if (kind === 'golden') checkPrograms(place.at(kind), allowedPrograms);
  if (kind !== 'tcp' && kind !== 'command') return readSourceCheck(place, fields, context);
  for (const operator of operatorsAt(place))
    place.at(operator).problem(`${kind} only passes or fails; it goes without a comparison`, 'key');
  checkTemplates(place.at(kind), 'playbook');
  return kind === 'tcp' ? tcpCheck(fields) : commandCheck(place, fields, allowedPrograms);
}

function tcpCheck({ name, tcp }: Fields<typeof checkShape>): Check | null {
  if (tcp === undefined) return null;
  const { host, port, timeout } = tcp;
  return { name: name ?? `tcp ${host}:${port}`, tcp: { host, port, timeoutMs: timeout ?? 2 * SECOND } };
}

function commandCheck(
  place: Place,
  { name, command }: Fields<typeof checkShape>,
  allowed: readonly string[],
): Check | null {
  if (command === undefined) return null;
  checkPrograms(place.at('command'), allowed);
  const { run, timeout } = command;
  return { name: name ?? `command ${run[0] ?? ''}`, command: { run, timeoutMs: timeout ?? 30 * SECOND } };
}

function readSourceCheck(
  place: Place,
  fields: Fields<typeof checkShape>,
  { sources }: ReadingContext,
): Check | null {
  const signal = readSignal(place, sources, 'playbook');
  if (signal === null) return null;
  const source = { kind: signal.kind, options: signal.options };
  const subject = `${signal.kind} ${subjectOf(place.at(signal.kind).value)}`.trim();
  if (signal.measures === 'probe') {
    for (const operator of operatorsAt(place))
      place
        .at(operator)
        .problem(`${signal.kind} only passes or fails here; it goes without a comparison`, 'key');
    return { name: fields.name ?? subject, source, expect: 'passes' };
  }
  if (operatorsAt(place).length === 0)
    place.problem(`${signal.kind} measures a value here; add e.g. below: 85%`);
  const expect = readComparison(place, fields, { signal, timeless });
  if (expect === null) return null;
  const { operator, threshold } = expect;
  const wanted = `${operator.replace('_', ' ')} ${formatQuantity(threshold.value, threshold.unit)}`;
  return { name: fields.name ?? `${subject} ${wanted}`, source, expect };
}

/** Why thresholds in times mean nothing here. */
const timeless = 'a check has no baseline; compare with an absolute value';

/** What people recognise a check by: its word, URL, path or query. */
function subjectOf(options: unknown): string {
  if (typeof options === 'string') return options;
  if (options === null || typeof options !== 'object') return '';
  const first: unknown = Object.values(options).find((member) => typeof member === 'string');
  return typeof first === 'string' ? first : '';
}
