import { opIdOf } from '../domain/effect.ts';
import { messageOf, RollbackError } from '../domain/errors.ts';
import { sleep } from '../domain/ports/clock.ts';
import { SECOND } from '../domain/time.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import { askPatiently } from './patience.ts';

/** What is held is renewed this often; leases last a minute at least. */
const everyMs = 20 * SECOND;
const answerMs = 10 * SECOND;

/** What came of a renewal: why something is no longer held, and whether that is only an outage. */
interface Renewal {
  readonly trouble: string | null;
  readonly mayPass: boolean;
}

/** Renewals under way, by incident: letting go waits for them, or one that is late would hold again. */
export type RenewalsUnderWay = Map<string, Promise<Renewal>>;

/** Renews what the steps of every open plan hold, until the end. What was lost is told once. */
export async function keepHeld(core: Core, signal: AbortSignal): Promise<void> {
  const told = new Map<string, string>();
  while (!signal.aborted) {
    const open = core.book.open().filter(holdsSomething);
    for (const id of told.keys())
      if (open.every(({ incident }) => incident.context.id !== id)) told.delete(id);
    await Promise.all(
      open.map(async (one) => {
        const { trouble } = await renew(core, one, signal);
        if (trouble === null || signal.aborted) return;
        await tellOnce(core, one, trouble, told);
      }),
    );
    await sleep(core.parts.clock, everyMs, signal);
  }
}

async function tellOnce(core: Core, open: Case, trouble: string, told: Map<string, string>): Promise<void> {
  const { id } = open.incident.context;
  if (told.has(id) || !holdsSomething(open)) return;
  told.set(id, trouble);
  const message = `what is held may have been lost: ${core.parts.scrub(trouble)}`;
  await core.turn((turn) => turn.note({ type: 'held.failed', message }, open));
}

/** Why what earlier steps hold is lost, or null: nothing may follow on it. An outage is waited out a while. */
export async function whyLost(core: Core, open: Case, signal: AbortSignal): Promise<string | null> {
  if (!holdsSomething(open)) return null;
  const ask = (): Promise<Renewal> => renew(core, open, signal);
  const { trouble } = await askPatiently(core.parts.clock, ask, ({ mayPass }) => mayPass, signal);
  return trouble;
}

/** While letting go nothing is renewed any more. */
function holdsSomething({ incident, rollback }: Case): boolean {
  if (incident.value !== 'rolling_back' || rollback === null || rollback.context.held.length === 0)
    return false;
  return rollback.value !== 'releasing' && rollback.value !== 'ended';
}

function renew(core: Core, open: Case, signal: AbortSignal): Promise<Renewal> {
  const { id } = open.incident.context;
  const present = core.renewals.get(id);
  if (present !== undefined) return present;
  const renewal = renewAll(core, open, signal).finally(() => core.renewals.delete(id));
  core.renewals.set(id, renewal);
  return renewal;
}

async function renewAll(core: Core, { incident, rollback }: Case, signal: AbortSignal): Promise<Renewal> {
  const { id, plan } = incident.context;
  const overdue = new AbortController();
  const cancel = core.parts.clock.after(answerMs, () => overdue.abort());
  const until = AbortSignal.any([signal, overdue.signal]);
  try {
    for (const index of rollback?.context.held ?? []) {
      const step = plan?.steps[index];
      const driver = core.parts.drivers[step?.kind ?? ''];
      const generation = rollback?.context.generations[index];
      if (plan === null || step === undefined || generation === undefined || driver?.renew === undefined)
        continue;
      const opId = opIdOf({
        incident: id,
        planDigest: plan.digest,
        step: index,
        purpose: 'apply',
        generation,
      });
      const outcome = await driver.renew(step, opId, until);
      if (outcome.ended === 'failed')
        return { trouble: `${step.kind}: ${outcome.detail}`, mayPass: outcome.retryable };
    }
    return { trouble: null, mayPass: false };
  } catch (error) {
    const mayPass = error instanceof RollbackError && error.recourse !== 'give-up';
    return { trouble: messageOf(error), mayPass };
  } finally {
    cancel();
  }
}
