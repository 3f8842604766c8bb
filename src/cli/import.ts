import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Imported } from '../app/import/import-prometheus.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { severities, type Severity } from '../domain/rule.ts';
import { optionText, type CliCommand, type CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';

/** Packs from what people have already. */
export const command = {
  name: 'import',
  summary: "Make a pack of Prometheus' alerting rules and their tests",
  usage: 'import prometheus FILE… [--into DIR] [--by LABEL] [--severity WORD=SEVERITY] [--force]',
  takes: ['prometheus', 'FILE…'],
  options: {
    into: { type: 'string', value: 'DIR', help: 'folder of the pack to write; printed when it is left out' },
    by: { type: 'string', value: 'LABEL', help: 'label that tells targets apart; job unless stated' },
    severity: {
      type: 'string',
      value: 'WORD=SEVERITY',
      multiple: true,
      help: 'what a severity of yours is here: critical, high or medium; may be repeated',
    },
    force: { type: 'boolean', help: 'write over files that are there' },
  },
  examples: [
    'rollbackd import prometheus alerts.yml',
    'rollbackd import prometheus alerts.yml alerts_test.yml --into rules/shop --by service',
    'rollbackd import prometheus alerts.yml --severity sev1=critical --severity sev3=medium',
  ],
  run: async (context) => {
    const [from = '', ...files] = context.positionals;
    if (from !== 'prometheus')
      throw new RollbackError(
        'USAGE',
        `import: expected prometheus, got ${from}; nothing else can be imported`,
      );
    if (files.length === 0) throw new RollbackError('USAGE', 'import: FILE is missing');
    const by = optionText(context, 'by') ?? 'job';
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(by))
      throw new RollbackError('USAGE', `--by: expected the name of a label, got ${by}`);
    const { importPrometheus } = await import('../app/import/import-prometheus.ts');
    const imported = await importPrometheus({ ...context, files, by, severities: severitiesIn(context) });
    const failed = imported.problems.length > 0;
    if (context.json) context.out(JSON.stringify({ ok: !failed, ...imported }));
    if (!failed) hand(context, imported);
    if (!context.json) tell(context, imported);
    return failed ? 1 : 0;
  },
} satisfies CliCommand;

function severitiesIn({ values }: CliContext): Readonly<Record<string, Severity>> {
  const written = Array.isArray(values['severity']) ? (values['severity'] as readonly string[]) : [];
  return Object.fromEntries(
    written.map((pair) => {
      const [word = '', meant = ''] = pair.split('=');
      const severity = severities.find((one) => one === meant);
      if (word !== '' && severity !== undefined) return [word, severity];
      throw new RollbackError('USAGE', `--severity: expected e.g. sev1=critical, got ${pair}`);
    }),
  );
}

/** Writes the files of the pack, or prints them. */
function hand(context: CliContext, { rules, tests }: Imported): void {
  const into = optionText(context, 'into');
  const files: readonly (readonly [string, string])[] = [
    ['rules.yaml', rules],
    ...Object.entries(tests).map(([name, text]) => [join('tests', name), text] as const),
  ];
  if (into === null) {
    if (context.json) return;
    for (const [name, text] of files) context.out(files.length === 1 ? text.trimEnd() : `# ${name}\n${text}`);
    return;
  }
  const paths = files.map(([name]) => join(into, name));
  const there = context.values['force'] === true ? undefined : paths.find((path) => existsSync(path));
  if (there !== undefined)
    throw new RollbackError('USAGE', `import: ${there} is there already; --force writes over it`);
  try {
    if (Object.keys(tests).length > 0) mkdirSync(join(into, 'tests'), { recursive: true });
    else mkdirSync(into, { recursive: true });
    for (const [index, [, text]] of files.entries()) writeFileSync(paths[index] ?? '', text);
  } catch (error) {
    throw new RollbackError('USAGE', `import: writing to ${into}: ${messageOf(error)}`);
  }
}

function tell(context: CliContext, { notes, problems, counts, tests }: Imported): void {
  const { err, out, color } = context;
  const paint = painter(color);
  for (const { file, line, column, path, message } of problems)
    err(
      `${paint.red(printable(`${file}:${line}:${column}`))}  ${printable(path === '' ? message : `${path}  ${message}`)}`,
    );
  for (const { file, line, message } of notes)
    err(`${paint.yellow(printable(`${file}:${line}`))}  ${printable(message)}`);
  const into = optionText(context, 'into');
  if (into === null || problems.length > 0) return;
  const many = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
  const tested = Object.keys(tests).length === 0 ? '' : `, and ${many(counts.tests, 'test')}`;
  out(`${many(counts.alerts, 'alert')} became ${many(counts.rules, 'rule')}${tested}, in ${into}`);
}
