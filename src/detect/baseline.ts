import type { Source } from '../domain/ports/source.ts';
import { formatQuantity, type Unit } from '../domain/quantity.ts';
import type { Baselined, Reading } from '../domain/reading.ts';
import type { Rule } from '../domain/rule.ts';
import type { Subject } from '../domain/target.ts';

type Value = Extract<Reading, { kind: 'value' }>;

const noBaseline: Baselined = { why: 'insufficient', detail: 'there is no baseline for it' };

/** Gives each value of a read what it is compared with, if the rule compares with a baseline. */
export async function withBaseline(
  rule: Rule,
  source: Source,
  readings: ReadonlyMap<string, Reading>,
  asking: { readonly subjects: readonly Subject[]; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, Reading>> {
  const { baseline, everyMs } = rule;
  if (baseline === undefined || source.baselines === undefined) return readings;
  const { options } = rule.source;
  const asked = { baseline, everyMs, readings };
  const past = await source.baselines(options, asked, asking.subjects, asking.signal);
  const unit = unitOf(rule, source.unit(options));
  return new Map(
    [...readings].map(([name, reading]) => [
      name,
      reading.kind === 'value' ? compared(reading, past.get(name) ?? noBaseline, unit) : reading,
    ]),
  );
}

/** A ratio of two numbers says something only when neither is negative, and the baseline is above 0. */
function compared(reading: Value, past: Baselined, unit: Unit): Value {
  const plain = reading.detail === formatQuantity(reading.value, 'number');
  const said = plain ? formatQuantity(reading.value, unit) : reading.detail;
  const baseline = usable(reading.value, past, unit);
  if ('why' in baseline) return { ...reading, detail: `${said}; ${baseline.detail}`, baseline };
  const times = Number((reading.value / baseline.value).toPrecision(3));
  const detail = `${said}, ${times} times the ${formatQuantity(baseline.value, unit)} ${baseline.when}`;
  return { ...reading, detail: `${detail}${wordShift(baseline.shift)}`, baseline };
}

function usable(value: number, past: Baselined, unit: Unit): Baselined {
  if ('why' in past) return past;
  if (!(past.value > 0) || !Number.isFinite(past.value))
    return {
      why: 'insufficient',
      detail: `nothing is so many times the ${formatQuantity(past.value, unit)} ${past.when}`,
    };
  if (value < 0)
    return { why: 'insufficient', detail: 'a negative value is no number of times its baseline' };
  return past;
}

function wordShift(shift: Extract<Baselined, { value: number }>['shift']): string {
  switch (shift) {
    case null:
      return '';
    case 'higher':
    case 'lower':
      return `, ${shift} than before by more than chance`;
    case 'none':
      return ', which may be chance';
    case 'insufficient':
      return ', with too few readings to tell it from chance';
  }
}

/** The unit that people write the values of this rule in: the source's own, or that of the first absolute threshold. */
function unitOf({ levels, recover }: Rule, own: Unit): Unit {
  if (own !== 'number') return own;
  const written = [...levels.map(({ condition }) => condition.comparison), recover?.comparison];
  const absolute = written.flatMap((comparison) =>
    comparison === undefined ? [] : [comparison.threshold, comparison.floor],
  );
  return absolute.find((quantity) => quantity !== undefined && quantity.unit !== 'times')?.unit ?? 'number';
}
