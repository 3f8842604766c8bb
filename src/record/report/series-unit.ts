import type { SeriesView } from '../../domain/ports/daemon.ts';
import { parseQuantity, type Unit } from '../../domain/quantity.ts';

/** The unit in which people read these values: that of the thresholds, or that in which the source says them. */
export function unitOf({ levels, readings }: SeriesView): Unit {
  for (const { condition } of levels) {
    const unit = unitIn(/(?:above|below|at least|at most) (\S+)/.exec(condition)?.[1] ?? '');
    if (unit !== null && unit !== 'number' && unit !== 'times') return unit;
  }
  for (const { value, detail } of readings) {
    const said = detail.split(/[\s,;]/, 1)[0] ?? '';
    const quantity = parseQuantity(said);
    // A name may look like a size: only a number that is the value itself tells its unit.
    if (value !== null && quantity !== null && isAbout(quantity.value, value)) return quantity.unit;
    if (value !== null && isAbout(Number(/^(-?[\d.]+)s$/.exec(said)?.[1]), value)) return 'seconds';
  }
  return 'number';
}

function unitIn(written: string): Unit | null {
  if (/^-?\d+(?:\.\d+)?s,?$/.test(written)) return 'seconds';
  return parseQuantity(written.replace(/,$/, ''))?.unit ?? null;
}

function isAbout(said: number, value: number): boolean {
  return Math.abs(said - value) <= Math.abs(value) * 0.01;
}
