import { roles, type Role } from '../../../domain/configuration.ts';
import type { ApproverGrant } from '../../../domain/notification.ts';
import { risks, type Risk } from '../../../domain/plan.ts';
import type { Severity } from '../../../domain/rule.ts';

/** What Slack says of somebody; `unknown` where it did not say, or too long ago. */
export type Standing = 'member' | 'bot' | 'guest' | 'stranger' | 'deleted' | 'of another team' | 'unknown';

/** Who asks. */
export interface Asking {
  readonly user: string;
  readonly standing: Standing;
  /** Whether they are in a user group; null: nobody can tell. */
  readonly isIn: (group: string) => boolean | null;
}

/** What it takes. */
export interface Needed {
  /** null: whoever is named in any grant may look. */
  readonly role: 'operator' | 'approver' | null;
  /** What it is done to. Looking around concerns none. */
  readonly on: { readonly target: string } | 'every target' | 'none';
  /** null: it has none. */
  readonly severity: Severity | null;
  /** Gravest step of the plan; null where nothing is carried out. */
  readonly risk: Risk | null;
}

export type Rights =
  { readonly role: ApproverGrant['role'] } | { readonly refused: string; readonly because: RefusedBecause };

/** The words of the counter. */
export type RefusedBecause = 'standing' | 'unknown' | 'not_named' | 'role' | 'target' | 'severity' | 'risk';

/**
 * What somebody may do: the highest role of the grants that cover what is needed. What nobody can tell counts as no.
 * Pure.
 */
export function rightsOf(
  { user, standing, isIn }: Asking,
  grants: readonly ApproverGrant[],
  needed: Needed,
): Rights {
  const refusal = standingRefusal(standing);
  if (refusal !== null) return refusal;
  const memberships = grants.map((grant) => membership(grant, user, isIn));
  const own = grants.filter((_, index) => memberships[index]?.is === true);
  const covering = own.filter((grant) => lacks(grant, needed) === null);
  const role = highest(covering);
  if (role !== null) return { role };
  const untold = grants
    .filter((grant) => lacks(grant, needed) === null)
    .flatMap((grant) => memberships[grants.indexOf(grant)]?.untold ?? []);
  const [group] = untold;
  if (group !== undefined)
    return {
      refused: `nobody can tell whether you are in the user group ${group}: Slack did not say`,
      because: 'unknown',
    };
  return refusedFor(own, needed);
}

function standingRefusal(standing: Standing): Exclude<Rights, { role: unknown }> | null {
  if (standing === 'member') return null;
  if (standing === 'unknown')
    return { refused: 'nobody can tell who you are: Slack did not say', because: 'unknown' };
  const what = standing === 'bot' ? 'a bot' : standing === 'guest' ? 'a guest' : standing;
  return { refused: `only full members of the team may, and you are ${what}`, because: 'standing' };
}

function membership({ users, groups }: ApproverGrant, user: string, isIn: Asking['isIn']) {
  const answers = groups.map(isIn);
  return {
    is: users.includes(user) || answers.includes(true),
    untold: groups.filter((_, index) => answers[index] === null),
  };
}

/** The first thing in which a grant falls short, in the order in which it is told. */
function lacks(grant: ApproverGrant, { role, on, severity, risk }: Needed): RefusedBecause | null {
  if (role !== null && roles.indexOf(grant.role) < roles.indexOf(role)) return 'role';
  const { targets, severities, upTo } = grant;
  if (targets !== null && on !== 'none' && (on === 'every target' || !targets.includes(on.target)))
    return 'target';
  if (severities !== null && severity !== null && !severities.includes(severity)) return 'severity';
  return risk !== null && risks.indexOf(risk) > risks.indexOf(upTo) ? 'risk' : null;
}

const order: readonly RefusedBecause[] = ['role', 'target', 'severity', 'risk'];

/** Told of the grant that came nearest. */
function refusedFor(own: readonly ApproverGrant[], needed: Needed): Rights {
  const shortfalls = own.map((grant) => lacks(grant, needed) ?? 'role');
  const nearest = shortfalls.toSorted((a, b) => order.indexOf(b) - order.indexOf(a))[0] ?? 'not_named';
  return { refused: shortfallWords(nearest, own, needed), because: nearest };
}

function shortfallWords(short: RefusedBecause, own: readonly ApproverGrant[], needed: Needed): string {
  if (short === 'role')
    return `that takes the role ${needed.role ?? 'operator'}, and yours is ${highest(own) ?? 'none'}`;
  if (short === 'target')
    return typeof needed.on === 'string'
      ? 'that concerns every target, and you are named for some of them'
      : `you are not named for the target ${needed.on.target}`;
  if (short === 'severity') return `you are not named for ${(needed.severity ?? '').toUpperCase()} incidents`;
  if (short === 'risk') return `the plan has a ${needed.risk ?? ''} step, which is more than you may approve`;
  return 'you are not named in `approvers`';
}

function highest(grants: readonly ApproverGrant[]): ApproverGrant['role'] | null {
  const ranks = grants.map(({ role }) => roles.indexOf(role satisfies Role));
  const rank = Math.max(-1, ...ranks);
  return rank === -1 ? null : (roles[rank] as ApproverGrant['role']);
}
