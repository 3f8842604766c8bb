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
  const ids = core.book.configuration.rules.map(({ id }) => id);
  return findByName(ids, name, `there is no rule ${name}; rollbackd status lists them as pack/name`);
}

/** The playbook of this full name, or of this own name where only one pack has it; otherwise why there is none. */
export function findPlaybook(core: Core, name: string): { readonly id: string } | CommandAnswer {
  const ids = Object.keys(core.book.configuration.playbooks);
  return findByName(ids, name, `there is no playbook ${name}`);
}

function findByName(
  ids: readonly string[],
  name: string,
  unknown: string,
): { readonly id: string } | CommandAnswer {
  if (ids.includes(name)) return { id: name };
  const [first, ...others] = ids.filter((id) => id.endsWith(`/${name}`));
  if (first === undefined) return refused(unknown);
  if (others.length === 0) return { id: first };
  return refused(`${name} may be any of ${[first, ...others].join(', ')}: name one of them`);
}
