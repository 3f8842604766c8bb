import { readHeader } from '../../clients/header-value.ts';
import { gateControl, nameOfGate, type GateAddress, type GateControl } from '../../clients/write-gate.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { GateState } from '../../domain/write-gate.ts';
import type { Variables } from '../../domain/variables.ts';
import { msOf } from '../drivers/duration-option.ts';
import { asShell } from '../drivers/shell-text.ts';
import type { QuiesceOptions } from './options.ts';
import type { Quiescer, Stand } from './quiescer.ts';

export interface GateParts {
  readonly clock: Clock;
  readonly environment: Variables;
}

/** Holds writes off at a `rollbackd write-gate`. Its hold is a lease, and its holder is the effect. */
export function gateQuiescer(
  gate: NonNullable<QuiesceOptions['gate']>,
  lease: string,
  { clock, environment }: GateParts,
): Quiescer {
  const address: GateAddress = gate.socket === undefined ? { url: gate.url ?? '' } : { socket: gate.socket };
  const where = `the write gate at ${nameOfGate(address)}`;
  const opened = async (): Promise<GateControl> =>
    gateControl(address, {
      clock,
      token: gate.token === undefined ? null : await readHeader(gate.token, environment),
    });
  const asked = (id: string, drainMs: number) => ({
    id,
    forMs: msOf(lease),
    message: gate.message ?? null,
    drainMs,
  });
  return {
    where,
    problems: () => [],
    async look(opId, signal) {
      return standOf(await (await opened()).state(signal), opId, where);
    },
    before: () => Promise.resolve(null),
    async hold(opId, signal) {
      const { is, state } = await (await opened()).quiesce(asked(opId, msOf(gate.drain)), signal);
      if (is !== 'done') return refusalOf(standOf(state, opId, where), where);
      const { writesUnderWay } = state;
      if (writesUnderWay === 0) return null;
      return `${writesUnderWay} ${writesUnderWay === 1 ? 'write was' : 'writes were'} still under way after ${gate.drain}`;
    },
    async letGo(opId, signal) {
      // Somebody else's hold is none of ours.
      await (await opened()).release(opId, signal);
      return null;
    },
    async renew(opId, signal) {
      const { is, state } = await (await opened()).quiesce(asked(opId, 0), signal);
      return is === 'done' ? null : refusalOf(standOf(state, opId, where), where);
    },
    byHand: {
      hold: curl(gate, address, 'PUT', `{"id": "by-hand-1", "forMs": ${msOf(lease)}}`),
      letGo: curl(gate, address, 'DELETE', '{"id": "by-hand-1"}'),
    },
  };
}

function standOf({ holder, last }: GateState, opId: string | null, where: string): Stand {
  if (holder !== null) return holder === opId ? { is: 'ours' } : { is: 'other', whose: holder };
  if (opId === null || last?.id !== opId) return { is: 'open' };
  const at = new Date(last.at).toISOString();
  const how =
    last.how === 'released'
      ? 'the hold was released'
      : 'nobody renewed the hold, so the gate opened by itself';
  return { is: 'over', why: `${where}: ${how} at ${at}; writes have passed since` };
}

function refusalOf(stand: Stand, where: string): string {
  if (stand.is === 'other') return `writes are already held off by ${stand.whose}`;
  return stand.is === 'over'
    ? stand.why
    : `${where}: the hold of this effect is over; writes have passed since`;
}

function curl(
  { token, socket }: NonNullable<QuiesceOptions['gate']>,
  address: GateAddress,
  method: string,
  body: string,
): string {
  const to = socket === undefined ? [] : ['--unix-socket', socket];
  const base = 'url' in address ? address.url.replace(/\/+$/, '') : 'http://gate';
  const shown =
    token === undefined ? [] : ['-H', `Authorization: Bearer <${'file' in token ? token.file : token.env}>`];
  return asShell(['curl', '-fsS', '-X', method, ...to, ...shown, '--data', body, `${base}/quiesce`]);
}
