import { RollbackError } from '../../domain/errors.ts';
import type { Daemon } from '../../domain/ports/daemon.ts';
import type { Rule } from '../../domain/rule.ts';
import { subjectsOf } from '../../domain/subjects.ts';
import type { Subject } from '../../domain/target.ts';
import type { Core } from '../../engine/core.ts';

type Asked = Pick<Parameters<Daemon['explain']>[0], 'rule' | 'target'>;

/**
 * The rule that is meant, and what it is to be explained on.
 *
 * @throws RollbackError `NOT_FOUND` when that is nothing, or more than one thing
 */
export function findSubject(
  { book }: Core,
  { rule: asked, target }: Asked,
): { readonly rule: Rule; readonly subject: Subject } {
  const { rules, targets } = book.configuration;
  const [rule, ...others] = rules.filter(({ id, name }) => id === asked || name === asked);
  if (rule === undefined)
    throw new RollbackError('NOT_FOUND', `there is no rule ${asked}; \`rollbackd status\` shows the rules`);
  if (others.length > 0)
    throw new RollbackError(
      'NOT_FOUND',
      `several packs have a rule ${asked}: say ${[rule, ...others].map(({ id }) => id).join(' or ')}`,
    );
  const subjects = subjectsOf(rule, targets);
  const named =
    target === null ? subjects : subjects.filter(({ name }) => name === target || name === `host:${target}`);
  const [subject] = named;
  const known = subjects.map(({ name }) => name).join(', ');
  if (subject === undefined)
    throw new RollbackError(
      'NOT_FOUND',
      `${rule.id} does not read for ${target ?? 'anything'}; ${known === '' ? 'no target names its pack' : `it reads for ${known}`}`,
    );
  if (named.length > 1)
    throw new RollbackError('NOT_FOUND', `${rule.id} reads for ${known}: say which with --target`);
  return { rule, subject };
}
