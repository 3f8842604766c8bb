import { RollbackError } from '../domain/errors.ts';
import { printAnswer } from './answer.ts';
import { columns } from './columns.ts';
import { optionText, positional, type CliCommand, type CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';
import { timeAndDistance } from './times.ts';

const roles = ['approver', 'dba', 'admin'] as const;
type AnsweringRole = (typeof roles)[number];

/** Lets somebody without a token answer one question. */
export const command = {
  name: 'code',
  summary: 'A one-time code with which somebody may answer an open question in a browser',
  usage: 'code INCIDENT --for NAME [--role ROLE]',
  takes: ['INCIDENT'],
  options: {
    for: { type: 'string', value: 'NAME', help: 'who answers with it; under this name it is journaled' },
    role: { type: 'string', value: 'ROLE', help: 'approver, dba or admin; approver unless stated' },
  },
  examples: [
    'rollbackd code i-7k3f9a --for carol',
    'rollbackd code i-7k3f9a --for dan --role dba    # for plans that destroy data',
  ],
  run: async (context) => {
    const incident = positional(context, 0);
    const request = { incident, name: nameIn(context), role: roleIn(context) };
    const made = await context.api().makeCode(request);
    if ('refused' in made)
      return printAnswer(context, { accepted: false, message: made.refused, incident: null });
    if (context.json) context.out(JSON.stringify(made));
    else printCode(context, request, made);
    return 0;
  },
} satisfies CliCommand;

function nameIn(context: CliContext): string {
  const name = optionText(context, 'for') ?? '';
  if (name !== '') return name;
  throw new RollbackError('USAGE', '--for: say who answers with the code, e.g. --for carol');
}

function roleIn(context: CliContext): AnsweringRole {
  const written = optionText(context, 'role') ?? 'approver';
  const role = roles.find((known) => known === written);
  if (role !== undefined) return role;
  throw new RollbackError('USAGE', `--role: expected approver, dba or admin, got ${written}`);
}

/** In two halves, as it is read out on the telephone. */
function printCode(
  { out, color, clock }: CliContext,
  { name, role }: { readonly name: string; readonly role: AnsweringRole },
  { code, expiresAt, page }: { readonly code: string; readonly expiresAt: number; readonly page: string },
): void {
  const until = timeAndDistance(expiresAt, clock.now());
  const lines = columns(
    [
      ['code', painter(color).bold(printable(`${code.slice(0, 4)} ${code.slice(4)}`))],
      ['for', printable(`${name}, as ${role}, once, until ${until}`)],
      ['page', printable(page)],
    ],
    '',
  );
  for (const line of lines) out(line);
}
