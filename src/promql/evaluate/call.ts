import type { Call, Expression, MatrixSelector, Subquery } from '../ast.ts';
import { instantFunctions } from '../functions/instant.ts';
import { windowFunctions } from '../functions/window-functions.ts';
import { QueryError } from '../query-error.ts';
import { absent, absentLabels } from './absent.ts';
import { mapElements } from './elements.ts';
import type { Evaluation, Grid, Value } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { FrameBuilder } from './frame.ts';
import { histogramFractions, histogramQuantiles } from './histogram-quantiles.ts';
import { joinLabels, replaceLabel } from './label-calls.ts';
import { noLabels } from './label-set.ts';
import type { Samples } from './samples.ts';
import { selectedSamples, subquerySamples, windowEnds } from './samples.ts';
import { select } from './select.ts';
import { sorted } from './sorted.ts';
import { overWindows } from './windows.ts';

type Evaluator = (expression: Expression, grid: Grid, evaluation: Evaluation) => Value;

/** One call on its way: what its arguments come to is asked of it. */
interface Calling {
  readonly call: Call;
  readonly grid: Grid;
  readonly evaluation: Evaluation;
  readonly evaluate: Evaluator;
}

/** Evaluates the call of a function at every step. */
export function evaluateCall(call: Call, grid: Grid, evaluation: Evaluation, evaluate: Evaluator): Value {
  const calling = { call, grid, evaluation, evaluate };
  switch (call.name) {
    case 'time':
      return { type: 'scalar', values: times(grid) };
    case 'pi':
      return { type: 'scalar', values: new Float64Array(grid.steps).fill(Math.PI) };
    case 'scalar':
      return { type: 'scalar', values: onlyValues(vectorAt(calling, 0)) };
    default:
      return { type: 'vector', frame: vectorCall(calling) };
  }
}

function vectorCall(calling: Calling): Frame {
  const { call, grid, evaluation } = calling;
  switch (call.name) {
    case 'vector':
      return elementOf(scalarAt(calling, 0), evaluation);
    case 'timestamp':
      return timestamps(calling);
    case 'absent':
      return absent(vectorAt(calling, 0), absentLabels(call.args[0]), evaluation);
    case 'absent_over_time':
      return absent(
        ranged({ ...calling, call: { ...call, name: 'present_over_time' } }),
        absentLabels(call.args[0]),
        evaluation,
      );
    case 'sort':
      return sorted(vectorAt(calling, 0), 1, evaluation);
    case 'sort_desc':
      return sorted(vectorAt(calling, 0), -1, evaluation);
    case 'label_replace':
      return replaceLabel(
        vectorAt(calling, 0),
        [1, 2, 3, 4].map((at) => textAt(calling, at)),
        evaluation,
      );
    case 'label_join':
      return joinLabels(
        vectorAt(calling, 0),
        call.args.slice(1).map((_, at) => textAt(calling, at + 1)),
        evaluation,
      );
    case 'histogram_fraction':
      return histogramFractions(scalarAt(calling, 0), scalarAt(calling, 1), vectorAt(calling, 2), evaluation);
    case 'histogram_quantile':
      return histogramQuantiles(scalarAt(calling, 0), vectorAt(calling, 1), evaluation);
    default:
      return Object.hasOwn(windowFunctions, call.name) ? ranged(calling) : elementwise(calling, grid);
  }
}

function times(grid: Grid): Float64Array {
  return new Float64Array(grid.steps).map((_, step) => (grid.startMs + step * grid.stepMs) / 1000);
}

/** The value of a vector with one element; NaN where it has none or several. */
function onlyValues(frame: Frame): Float64Array {
  const counts = new Uint32Array(frame.steps);
  const values = new Float64Array(frame.steps).fill(Number.NaN);
  for (let row = 0; row < frame.sets.length; row++) {
    for (let step = 0; step < frame.steps; step++) {
      const at = row * frame.steps + step;
      if (frame.present[at] !== 1) continue;
      counts[step] = (counts[step] ?? 0) + 1;
      values[step] = counts[step] === 1 ? (frame.values[at] ?? 0) : Number.NaN;
    }
  }
  return values;
}

function elementOf(values: Float64Array, evaluation: Evaluation): Frame {
  const builder = new FrameBuilder(values.length, 1, evaluation.budget);
  builder.open();
  builder.values.set(values);
  builder.present.fill(1);
  builder.keep(noLabels);
  return builder.done();
}

/** The time of the sample that a selector finds; of anything else, the time of the evaluation. */
function timestamps(calling: Calling): Frame {
  const { call, grid, evaluation } = calling;
  const argument = call.args[0] === undefined ? null : unwrapped(call.args[0]);
  if (argument?.kind === 'selector') {
    const frame = select(argument, grid, evaluation, 'time');
    return mapElements(frame, evaluation, true, (value) => value);
  }
  const at = times(grid);
  return mapElements(vectorAt(calling, 0), evaluation, true, (_, step) => at[step] ?? 0);
}

/** A function of each element; what takes a time takes the time of the evaluation if nothing is given. */
function elementwise(calling: Calling, grid: Grid): Frame {
  const { call, evaluation } = calling;
  const map = instantFunctions[call.name];
  if (map === undefined)
    throw new QueryError('bad_data', `unknown function with name "${call.name}"`, call.span);
  const frame = call.args.length === 0 ? elementOf(times(grid), evaluation) : vectorAt(calling, 0);
  const series = call.args.slice(1).map((_, at) => scalarAt(calling, at + 1));
  const parameters = series.map(() => 0);
  return mapElements(frame, evaluation, true, (value, step) => {
    for (let index = 0; index < series.length; index++) parameters[index] = series[index]?.[step] ?? 0;
    return map(value, parameters);
  });
}

/** A function of a range vector: a selector's, or a subquery's. */
function ranged(calling: Calling): Frame {
  const { call, grid, evaluation } = calling;
  const apply = windowFunctions[call.name];
  const range = call.args.map(unwrapped).find((arg) => arg.kind === 'range' || arg.kind === 'subquery');
  if (apply === undefined || range === undefined)
    throw new QueryError('bad_data', `${call.name} needs a range vector`, call.span);
  const parameters: Float64Array[] = [];
  for (const [at, argument] of call.args.entries()) {
    if (unwrapped(argument) !== range) parameters.push(scalarAt(calling, at));
  }
  const ends = windowEnds(range, grid, evaluation);
  const named = call.name === 'last_over_time';
  const windowing = { call: apply, ends, rangeMs: range.rangeMs, parameters, named };
  return overWindows(samplesOf(range, ends, calling), windowing, grid, evaluation);
}

function samplesOf(range: MatrixSelector | Subquery, ends: Float64Array, calling: Calling): Samples {
  const { evaluation, evaluate } = calling;
  if (range.kind === 'range') return selectedSamples(range, ends, evaluation);
  return subquerySamples(range, ends, evaluation, (grid) => evaluate(range.expression, grid, evaluation));
}

function unwrapped(expression: Expression): Expression {
  return expression.kind === 'parentheses' ? unwrapped(expression.expression) : expression;
}

function argumentAt({ call }: Calling, at: number): Expression {
  const argument = call.args[at];
  if (argument === undefined)
    throw new QueryError('bad_data', `${call.name} needs more arguments`, call.span);
  return argument;
}

function vectorAt(calling: Calling, at: number): Frame {
  const value = calling.evaluate(argumentAt(calling, at), calling.grid, calling.evaluation);
  if (value.type === 'vector') return value.frame;
  throw mistyped(calling, 'instant vector');
}

function scalarAt(calling: Calling, at: number): Float64Array {
  const value = calling.evaluate(argumentAt(calling, at), calling.grid, calling.evaluation);
  if (value.type === 'scalar') return value.values;
  throw mistyped(calling, 'scalar');
}

function textAt(calling: Calling, at: number): string {
  const value = calling.evaluate(argumentAt(calling, at), calling.grid, calling.evaluation);
  if (value.type === 'string') return value.value;
  throw mistyped(calling, 'string');
}

function mistyped({ call }: Calling, wanted: string): QueryError {
  return new QueryError('bad_data', `expected type ${wanted} in call to function "${call.name}"`, call.span);
}
