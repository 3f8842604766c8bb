import type { FileRoots } from '../../clients/files/held-folder.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { HttpClient } from '../../clients/http.ts';
import type { RedisOpener } from '../../clients/redis.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { DataStore } from '../../domain/data-store.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Step } from '../../domain/plan.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { formatDuration, MINUTE } from '../../domain/time.ts';
import type { Variables } from '../../domain/variables.ts';
import { envQuiescer } from '../quiesce/env.ts';
import { fileQuiescer } from '../quiesce/file.ts';
import { gateQuiescer } from '../quiesce/gate.ts';
import { httpQuiescer } from '../quiesce/http.ts';
import { quiesceOptions, type QuiesceOptions } from '../quiesce/options.ts';
import type { Quiescer, Stand } from '../quiesce/quiescer.ts';
import { redisQuiescer } from '../quiesce/redis.ts';
import { addressProblem } from '../quiesce/request.ts';
import { triedWrite } from '../quiesce/write-probe.ts';
import { msOf } from './duration-option.ts';
import { failed } from '../settled.ts';

export interface QuiesceParts {
  readonly clock: Clock;
  readonly http: HttpClient;
  readonly environment: Variables;
  readonly stores: Readonly<Record<string, DataStore>>;
  readonly open: RedisOpener;
  readonly files: FileRoots;
  readonly records: EffectRecords;
  /** `docker.restart`, for what reads its environment when it starts. */
  readonly restart: Driver;
}

/** Renewals come every 20 s; a shorter lease would end in a moment of trouble. */
const shortestLeaseMs = MINUTE;

/**
 * Holds writes off until the rollback is over, so that nothing is written behind a restore.
 *
 * It is set, read back, and tried: a writer that heeds nothing of it fails the step before anything is destroyed. What
 * could not be held off properly is let go of at once; where even that fails nobody can tell, and the engine lets go
 * of it again and again.
 */
export function writeQuiesceDriver(parts: QuiesceParts): Driver<QuiesceOptions> {
  return {
    kind: 'write.quiesce',
    effect: 'probe',
    risk: 'disruptive',
    options: quiesceOptions,
    deadlineMs: 3 * MINUTE,
    needsRelease: false,
    read: async (step) => ({
      identity: quiescerOf(step, parts).where,
      detail: { where: quiescerOf(step, parts).where },
    }),
    preflight: async (step, _facts, signal) =>
      (await problems(step, parts, signal)).map((message) => ({ level: 'refuse', message })),
    describe(step) {
      const { probe } = quiesceOptions.parse(step.options);
      const tried = probe === undefined ? '' : ', and try a write that must be refused';
      return `hold writes off by ${quiescerOf(step, parts).where} until the rollback is over${tried}`;
    },
    apply: (step, opId, signal) => new Quiescing(step, opId, parts, signal).apply(),
    probe: (step, opId, signal) => new Quiescing(step, opId, parts, signal).probe(),
    release: (step, opId, signal) => new Quiescing(step, opId, parts, signal).release(),
    renew: (step, opId, signal) => new Quiescing(step, opId, parts, signal).renew(),
    undoable: () => false,
    byHand(step) {
      const { hold, letGo } = quiescerOf(step, parts).byHand;
      return [`${hold}   # hold writes off`, `${letGo}   # let them pass again`];
    },
  };
}

function quiescerOf(step: Step, parts: QuiesceParts): Quiescer {
  const { gate, http, redis, file, env, lease, timeout } = quiesceOptions.parse(step.options);
  if (gate !== undefined) return gateQuiescer(gate, lease, parts);
  if (http !== undefined) return httpQuiescer(http, msOf(timeout), parts);
  if (redis !== undefined) return redisQuiescer(redis, lease, parts);
  if (file !== undefined) return fileQuiescer(file, parts);
  if (env !== undefined) return envQuiescer(env, step, parts);
  throw new RollbackError(
    'PLAN_REFUSED',
    'write.quiesce says by what means in none of gate, http, redis, file, env',
  );
}

async function problems(step: Step, parts: QuiesceParts, signal: AbortSignal): Promise<readonly string[]> {
  const { lease, gate, env, probe } = quiesceOptions.parse(step.options);
  const quiescer = quiescerOf(step, parts);
  const found = [...quiescer.problems()];
  if (msOf(lease) < shortestLeaseMs)
    found.push(`a lease of ${lease} is too short: at least ${formatDuration(shortestLeaseMs)}`);
  if (gate !== undefined && msOf(gate.drain) >= step.deadlineMs)
    found.push(`writes under way are waited for ${gate.drain}, longer than the step may take`);
  if (probe !== undefined) found.push(...[addressProblem(probe.url) ?? []].flat());
  if (env !== undefined) {
    const target = { ...step.target, container: env.restart.container };
    const restarting: Step = {
      ...step,
      kind: 'docker.restart',
      options: parts.restart.options.parse({}),
      target,
    };
    const more = await parts.restart.preflight(restarting, { identity: '', detail: {} }, signal);
    found.push(...more.filter(({ level }) => level === 'refuse').map(({ message }) => message));
  }
  if (found.length > 0) return found;
  try {
    const stand = await quiescer.look(null, signal);
    return stand.is === 'other' ? [alreadyHeld(quiescer, stand)] : [];
  } catch (error) {
    return [`whether writes are held off cannot be read: ${messageOf(error)}`];
  }
}

/** Letting go in the end would let go of what somebody else wants held. */
function alreadyHeld({ where }: Quiescer, stand: Stand & { readonly is: 'other' }): string {
  return `${where}: writes are already held off by ${stand.whose}; let go of that first, or leave the step out`;
}

/** One effect of the step. */
class Quiescing {
  readonly #quiescer: Quiescer;
  readonly #options: QuiesceOptions;
  readonly #opId: string;
  readonly #parts: QuiesceParts;
  readonly #signal: AbortSignal;

  constructor(step: Step, opId: string, parts: QuiesceParts, signal: AbortSignal) {
    this.#quiescer = quiescerOf(step, parts);
    this.#options = quiesceOptions.parse(step.options);
    this.#opId = opId;
    this.#parts = parts;
    this.#signal = signal;
  }

  async apply(): Promise<EffectOutcome> {
    const { records } = this.#parts;
    if ((await records.read(this.#opId)) === null) {
      const refusal = await this.#begin();
      if (refusal !== null) return refusal;
    }
    let trouble: string | null;
    try {
      trouble = await this.#holdAndTry();
    } catch (error) {
      if (!(error instanceof RollbackError)) throw error;
      trouble = error.message;
    }
    if (trouble === null) return { ended: 'done', detail: `writes are held off by ${this.#quiescer.where}` };
    return this.#giveBack(trouble);
  }

  /** Nothing has been changed before the note of it is written, so until then a failure is only a failure. */
  async #begin(): Promise<EffectOutcome | null> {
    try {
      const stand = await this.#quiescer.look(this.#opId, this.#signal);
      if (stand.is === 'other') return failed(alreadyHeld(this.#quiescer, stand), true);
      const before = await this.#quiescer.before(this.#signal);
      await this.#parts.records.write(this.#opId, { before });
      crashPoint('effect.call.between');
      return null;
    } catch (error) {
      if (!(error instanceof RollbackError)) throw error;
      return failed(error.message, error.recourse !== 'give-up');
    }
  }

  async #holdAndTry(): Promise<string | null> {
    const trouble = await this.#quiescer.hold(this.#opId, this.#signal);
    crashPoint('effect.call.between');
    return trouble ?? (await this.#whyNotHeldOff());
  }

  /** Reads back, and tries a write. */
  async #whyNotHeldOff(): Promise<string | null> {
    const { where } = this.#quiescer;
    const stand = await this.#quiescer.look(this.#opId, this.#signal);
    if (stand.is === 'over') return stand.why;
    if (stand.is === 'other') return alreadyHeld(this.#quiescer, stand);
    if (stand.is === 'open') return `${where} was set, but reading it back says that writes pass`;
    const { probe, timeout } = this.#options;
    return probe === undefined ? null : triedWrite(probe, msOf(timeout), this.#parts, this.#signal);
  }

  async #giveBack(trouble: string): Promise<EffectOutcome> {
    const left = await this.#letGo();
    if (left === null) return failed(`${trouble}; writes pass again`, false);
    throw new RollbackError('EFFECT_UNKNOWN', `${trouble}; and letting go of it did not work: ${left}`);
  }

  async probe(): Promise<ProbeAnswer> {
    if ((await this.#parts.records.read(this.#opId)) === null) return 'not_done';
    const stand = await this.#quiescer.look(this.#opId, this.#signal);
    if (stand.is !== 'ours') return 'not_done';
    // Held off is not enough: nobody knows whether the last attempt came to try a write.
    return (await this.#whyNotHeldOff()) === null ? 'done' : 'partial';
  }

  async release(): Promise<EffectOutcome> {
    const left = await this.#letGo();
    if (left !== null) return failed(`writes are still held off by ${this.#quiescer.where}: ${left}`, true);
    return { ended: 'done', detail: 'writes pass again' };
  }

  /** Null once reading says that this effect holds nothing. Never rejects: it is tried again until it works. */
  async #letGo(): Promise<string | null> {
    try {
      const trouble = await this.#quiescer.letGo(this.#opId, this.#signal);
      crashPoint('effect.call.between');
      if (trouble !== null) return trouble;
      const { is } = await this.#quiescer.look(this.#opId, this.#signal);
      return is === 'ours' ? 'reading it back says that they are' : null;
    } catch (error) {
      if (error instanceof RollbackError) return error.message;
      throw error;
    }
  }

  async renew(): Promise<EffectOutcome> {
    const trouble = await this.#quiescer.renew(this.#opId, this.#signal);
    return trouble === null ? { ended: 'done', detail: 'held off' } : failed(trouble, false);
  }
}
