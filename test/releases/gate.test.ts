import { expect, test } from 'vitest';
import { gate, type GateInput } from '../../src/releases/gate.ts';
import { deployed } from './fixtures.ts';

const release = deployed().current();
const found = { release: release! };
const open: GateInput = { target: 'shop', incident: null, halted: null, frozen: null, release: found };

test('a quiet target may be deployed to', () => {
  expect(gate(open)).toEqual({ open: true, reasons: [] });
  expect(gate({ ...open, release: null })).toEqual({ open: true, reasons: [] });
  const unknown = { release: null, problem: 'shop has no release shop:3', ambiguous: false };
  expect(gate({ ...open, release: unknown })).toEqual({ open: true, reasons: [] });
});

test.each([
  [{ incident: 'i-1' }, 'incident i-1 is open on shop'],
  [{ halted: 'halted by alice: database work' }, 'nothing may start: halted by alice: database work'],
  [
    { frozen: 'shop is frozen by bob until 2026-01-05 13:00 UTC: stocktaking' },
    'shop is frozen by bob until 2026-01-05 13:00 UTC: stocktaking',
  ],
  [
    { release: { release: { ...release!, standing: 'bad' as const, because: 'incident i-1' } } },
    `shop:2 (${release?.id}) is known to be bad: incident i-1`,
  ],
  [
    {
      release: { release: null, problem: 'shop:2 may be any of r-1, r-2: name one of them', ambiguous: true },
    },
    'shop:2 may be any of r-1, r-2: name one of them',
  ],
])('the gate is closed, and says why: %j', (input, reason) => {
  expect(gate({ ...open, ...input })).toEqual({ open: false, reasons: [reason] });
});

test('every reason is given at once', () => {
  expect(
    gate({ ...open, incident: 'i-1', halted: 'halted by alice: x', frozen: 'frozen' }).reasons,
  ).toHaveLength(3);
});
