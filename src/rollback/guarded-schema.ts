import type { Finding, Step } from '../domain/plan.ts';
import type { PlanRequest } from '../domain/ports/planner.ts';
import { nameRelease, schemasOf, type Release } from '../domain/release.ts';

/** Words of steps that bring a store, and with it its schema, to another state. */
const restoring: ReadonlySet<string> = new Set(['database.restore', 'database.revert']);

/**
 * A release goes back to a database whose schema is not the one that it ran with: refused, unless the plan brings the schema
 * back, too, or it is known that the release runs with it.
 *
 * @param goesBack whether a step goes to the older release
 */
export function schemaFindings(
  { from, to, releases = [] }: Pick<PlanRequest, 'from' | 'to' | 'releases'>,
  steps: readonly { readonly step: Step; readonly goesBack: boolean }[],
): readonly Finding[] {
  const going = steps.find(({ goesBack }) => goesBack)?.step;
  if (going === undefined || from === null || to === null) return [];
  const recorded = schemasOf(to);
  const findings: Finding[] = [];
  for (const [store, now] of schemasOf(from)) {
    const then = recorded.get(store);
    if (then === undefined || then === now) continue;
    if (steps.some(({ step }) => restores(step, store))) continue;
    const what = `${nameRelease(to)} ran with schema ${then} of ${store}, which has ${now} now`;
    const known = releases.find((release) => fits(release, to, { store, version: now }));
    findings.push(
      known === undefined
        ? {
            level: 'refuse',
            step: going.index,
            message: `${what}; put database.restore or database.revert of ${store} into the playbook, or tell that it runs with it: rollbackd release record ${to.target} with what it consists of and --schema ${store}=${now}`,
          }
        : {
            level: 'warn',
            step: going.index,
            message: `${what}; allowed, since ${nameRelease(known)} is ${known.servedAt === 0 ? 'recorded' : 'known to be good'}`,
          },
    );
  }
  return findings;
}

function restores({ kind, options }: Step, store: string): boolean {
  if (!restoring.has(kind) || options === null || typeof options !== 'object') return false;
  return 'store' in options && options.store === store;
}

/** Whether a release tells that the other runs with this schema: recorded by somebody, or proven here. */
function fits(
  release: Release,
  to: Release,
  { store, version }: { readonly store: string; readonly version: string },
): boolean {
  if (release.standing === 'bad' || schemasOf(release).get(store) !== version) return false;
  if (release.servedAt > 0 && release.standing !== 'good') return false;
  const rest = release.components.filter(({ kind }) => kind !== 'schema');
  return rest.length > 0 && rest.every((part) => to.components.some((own) => isSame(part, own)));
}

type Part = Release['components'][number];

/** Images may be recorded by a registry digest. */
function isSame(recorded: Part, own: Part): boolean {
  if (recorded.kind !== own.kind) return false;
  const digests = own.digests ?? [];
  return (
    recorded.value === own.value ||
    digests.some((digest) => digest === recorded.value || digest.endsWith(`@${recorded.value}`))
  );
}
