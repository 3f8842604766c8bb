import type { Check } from './check.ts';
import { unheard, unknownChannel } from './checks/communication.ts';
import { configured } from './checks/configured.ts';
import { deltaCounter, rateGauge, rateOfAggregate, rawCounter } from './checks/counters.ts';
import { filter } from './checks/filter.ts';
import { absentFor, topk } from './checks/fragile.ts';
import { histogramLe, quantileRange } from './checks/histograms.ts';
import { alwaysHolds, forShort, neverHolds } from './checks/levels.ts';
import { neverMatches } from './checks/matching.ts';
import { cost, maxAgeShort, rangeShort, subqueryCost } from './checks/ranges.ts';
import { divisionInAggregate, manualRatio, noFresh, noMin } from './checks/ratios.ts';
import { duplicate, noTest, unused, windowShort } from './checks/rules.ts';
import {
  impossibleSelector,
  regexAnchors,
  regexAsText,
  regexEverything,
  regexLiteral,
} from './checks/selectors.ts';
import { offset } from './checks/shifts.ts';
import { constant, resultType, syntax, unsupported } from './checks/syntax.ts';
import { severalSeries, targetLabels } from './checks/targets.ts';

/** The checks that need only the files, by code. To add one: its file, a line here, its section in docs/lint.md. */
export const checks = {
  'promql/syntax': syntax,
  'promql/unsupported': unsupported,
  'promql/result-type': resultType,
  'promql/constant': constant,
  'promql/filter': filter,
  'promql/target-labels': targetLabels,
  'promql/several-series': severalSeries,
  'promql/rate-gauge': rateGauge,
  'promql/delta-counter': deltaCounter,
  'promql/rate-of-aggregate': rateOfAggregate,
  'promql/raw-counter': rawCounter,
  'promql/range-short': rangeShort,
  'promql/manual-ratio': manualRatio,
  'promql/division-in-aggregate': divisionInAggregate,
  'promql/never-matches': neverMatches,
  'promql/impossible-selector': impossibleSelector,
  'promql/histogram-le': histogramLe,
  'promql/quantile-range': quantileRange,
  'promql/topk': topk,
  'promql/absent-for': absentFor,
  'promql/regex-literal': regexLiteral,
  'promql/regex-anchors': regexAnchors,
  'promql/regex-everything': regexEverything,
  'promql/regex-as-text': regexAsText,
  'promql/offset': offset,
  'promql/subquery-cost': subqueryCost,
  'promql/cost': cost,
  'rule/no-min': noMin,
  'rule/no-fresh': noFresh,
  'rule/max-age-short': maxAgeShort,
  'rule/for-short': forShort,
  'rule/never-holds': neverHolds,
  'rule/always-holds': alwaysHolds,
  'rule/window-short': windowShort,
  'rule/duplicate': duplicate,
  'rule/unused': unused,
  'rule/no-test': noTest,
  'playbook/unheard': unheard,
  'playbook/unknown-channel': unknownChannel,
  ...configured,
} as const satisfies Record<string, Check>;
