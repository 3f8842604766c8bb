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

/** Why a name is not a rule; rules are called `pack/name`. */
export function unknownRule(name: string): CommandAnswer {
  return refused(`there is no rule ${name}; rollbackd status lists them as pack/name`);
}

/** A rule by its full name, or by its own name where only one pack has it. */
export function findRule(core: Core, name: string): string | null {
  const { rules } = core.book.configuration;
  const matching = rules.filter((rule) => rule.id === name || rule.name === name);
  return matching.length === 1 ? (matching[0]?.id ?? null) : null;
}
