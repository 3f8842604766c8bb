import { roles, type Role } from '../domain/configuration.ts';
import { RollbackError } from '../domain/errors.ts';
import type { TokenView } from '../domain/ports/daemon.ts';
import { printAnswer } from './answer.ts';
import { columns } from './columns.ts';
import { optionDuration, optionText, positional, type CliCommand, type CliContext } from './command.ts';
import { painter } from './paint.ts';
import { printable } from './printable.ts';
import { timeAndDistance } from './times.ts';

/** Tokens that open the API, made at run time. */
export const command = {
  name: 'token',
  summary: 'Make, list and revoke tokens of the API',
  usage: 'token make|list|revoke [NAME] [--role ROLE] [--for DURATION]',
  takes: ['make|list|revoke', '[NAME]'],
  options: {
    role: {
      type: 'string',
      value: 'ROLE',
      help: `of a new token: ${roles.join(', ')}; viewer unless stated`,
    },
    for: {
      type: 'string',
      value: 'DURATION',
      help: 'how long a new token counts; until revoked unless stated',
    },
  },
  examples: [
    'rollbackd token make alice --role admin         # the first one; from then on everybody needs a token',
    'rollbackd token make ci --role operator --for 90d',
    'rollbackd token list',
    'rollbackd token revoke ci',
  ],
  run: (context) => {
    const verb = positional(context, 0);
    if (verb === 'make') return make(context, nameIn(context));
    if (verb === 'list') return list(withoutName(context));
    if (verb === 'revoke') return revoke(context, nameIn(context));
    throw new RollbackError('USAGE', `token: expected make, list or revoke, got ${verb}`);
  },
} satisfies CliCommand;

async function make(context: CliContext, name: string): Promise<number> {
  const { out, err, json, color } = context;
  const forMs = optionText(context, 'for') === null ? null : optionDuration(context, 'for', 0);
  const made = await context.api().makeToken({ name, role: roleIn(context), forMs });
  if ('refused' in made)
    return printAnswer(context, { accepted: false, message: made.refused, incident: null });
  if (json) {
    out(JSON.stringify(made));
    return 0;
  }
  // The secret alone goes to standard output, so that it can go into a file.
  err(`${painter(color).green('ok')}  ${printable(made.token.name)}, ${made.token.role}; shown this once:`);
  out(printable(made.secret));
  return 0;
}

async function list(context: CliContext): Promise<number> {
  const { out, json } = context;
  const tokens = await context.api().tokens();
  if (json) out(JSON.stringify(tokens));
  else if (tokens.length === 0) out('no tokens were made; those of the configuration are listed there');
  else for (const line of table(context, tokens)) out(line);
  return 0;
}

async function revoke(context: CliContext, name: string): Promise<number> {
  return printAnswer(context, await context.api().revokeToken(name));
}

function table({ color, clock }: CliContext, tokens: readonly TokenView[]): string[] {
  const paint = painter(color);
  const now = clock.now();
  return columns(
    [
      ['NAME', 'ROLE', 'MADE', 'BY', 'COUNTS'].map((title) => paint.dim(title)),
      ...tokens.map((token) => [
        printable(token.name),
        token.role,
        timeAndDistance(token.at, now),
        printable(token.by),
        standing(token, now),
      ]),
    ],
    '',
  );
}

function standing({ expiresAt, revokedAt }: TokenView, now: number): string {
  if (revokedAt !== null) return `no: revoked ${timeAndDistance(revokedAt, now)}`;
  if (expiresAt === null) return 'until revoked';
  return `${expiresAt <= now ? 'no: expired' : 'until'} ${timeAndDistance(expiresAt, now)}`;
}

function nameIn(context: CliContext): string {
  const name = context.positionals[1] ?? '';
  if (name !== '') return name;
  throw new RollbackError(
    'USAGE',
    `token ${positional(context, 0)}: say which, e.g. rollbackd token ${positional(context, 0)} alice`,
  );
}

/** All tokens are listed; a name behind it would promise less. */
function withoutName(context: CliContext): CliContext {
  const [, name] = context.positionals;
  if (name === undefined) return context;
  throw new RollbackError('USAGE', `token list: unexpected argument ${name}; it lists all of them`);
}

function roleIn(context: CliContext): Role {
  const written = optionText(context, 'role') ?? 'viewer';
  const role = roles.find((known) => known === written);
  if (role !== undefined) return role;
  throw new RollbackError('USAGE', `--role: expected one of ${roles.join(', ')}; got ${written}`);
}
