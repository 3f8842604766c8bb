import { RollbackError } from '../../domain/errors.ts';
import type { StatusView } from '../../domain/ports/daemon.ts';
import type { CliContext } from '../command.ts';
import { columns } from '../columns.ts';
import { painter, paintSeverity } from '../paint.ts';
import { printable } from '../printable.ts';

/**
 * The targets that are meant: those named, all, the only one there is, or what whoever sits there says.
 *
 * @throws RollbackError `NOT_FOUND` for a name that is none, `USAGE` where nobody can be asked
 */
export async function chooseTargets(context: CliContext, status: StatusView): Promise<readonly string[]> {
  const known = status.targets.map(({ name }) => name);
  const named = [...new Set(context.positionals)];
  if (context.values['all'] === true && named.length > 0)
    throw new RollbackError('USAGE', 'emergency: name targets, or say --all, not both');
  if (known.length === 0) throw new RollbackError('NOT_FOUND', 'the daemon watches no targets');
  if (context.values['all'] === true || (named.length === 0 && known.length === 1)) return known;
  return mustKnow(named.length === 0 ? await askWhich(context, status) : named, known);
}

function mustKnow(named: readonly string[], known: readonly string[]): readonly string[] {
  const unknown = named.filter((name) => !known.includes(name));
  if (unknown.length === 0) return named;
  throw new RollbackError(
    'NOT_FOUND',
    `there is no target ${unknown.join(', ')}; the configuration has ${known.join(', ')}`,
  );
}

/** Those in trouble are shown; any may be named. */
async function askWhich(
  { ask, err, color }: CliContext,
  { open, targets }: StatusView,
): Promise<readonly string[]> {
  const paint = painter(color);
  const troubled = open.filter(({ target }) => targets.some(({ name }) => name === target));
  const names = targets.map(({ name }) => name).join(', ');
  if (ask === undefined) {
    const which = troubled.length === 0 ? names : troubled.map(({ target }) => target).join(', ');
    throw new RollbackError('USAGE', `emergency: say which: ${which}; or --all`);
  }
  const rows = printable(troubled).map(({ target, id, severity, state, reason }) => [
    target,
    paintSeverity(paint, severity),
    id,
    `${state.replaceAll('_', ' ')}: ${reason}`,
  ]);
  const head = troubled.length === 0 ? `no incident is open; targets: ${names}` : 'OPEN INCIDENTS';
  [paint.bold(printable(head)), ...columns(rows, '  ')].forEach((line) => err(line));
  const typed = (await ask('which target? ')) ?? '';
  const said = typed.split(/[\s,]+/).filter((name) => name !== '');
  if (said.length === 0) throw new RollbackError('REFUSED', 'nothing was done: no target was named');
  return [...new Set(said)];
}
