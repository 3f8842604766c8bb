import type { CommandAnswer } from '../../domain/ports/daemon.ts';
import type { Case } from '../case.ts';
import type { Core } from '../core.ts';

export function accepted(message: string, incident: string | null = null): CommandAnswer {
  return { accepted: true, message, incident };
}

export function refused(message: string, incident: string | null = null): CommandAnswer {
  return { accepted: false, message, incident };
}

/** What an approval came to. */
export function afterApproval({ approval }: Case): string {
  return approval?.value === 'open'
    ? 'noted; one more person has to approve'
    : 'approved; the rollback starts';
}

/** Why a name is not a target, with the names that are. */
export function unknownTarget(core: Core, name: string): CommandAnswer {
  const known = Object.keys(core.book.configuration.targets).join(', ');
  return refused(`there is no target ${name}; the configuration has ${known}`);
}

/** The rule of this full name, or of this own name where only one pack has it; otherwise why there is none. */
export function findRule(core: Core, name: string): { readonly id: string } | CommandAnswer {
  const { rules } = core.book.configuration;
  const exact = rules.find(({ id }) => id === name);
  if (exact !== undefined) return { id: exact.id };
  const [first, ...others] = rules.filter((rule) => rule.name === name).map(({ id }) => id);
  if (first === undefined)
    return refused(`there is no rule ${name}; rollbackd status lists them as pack/name`);
  if (others.length === 0) return { id: first };
  return refused(`${name} may be any of ${[first, ...others].join(', ')}: name one of them`);
}
