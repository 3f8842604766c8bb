import { quoted, type Flaw, type PageFlaw } from './flaw.ts';
import type { PageFormat } from './format.ts';
import { metadataFlaw } from './metadata.ts';
import { millisecondsOf, secondsOf, valueOf } from './numbers.ts';
import { isBlank, isFlaw, readExemplarLabels, seriesEnd } from './series-text.ts';

/**
 * Hears of one sample.
 *
 * @param series as the page wrote it, not read yet: whoever has seen this very text before knows its labels
 * @param timestamp epoch ms; null when the page states none
 * @returns what is wrong with the series, if anything
 */
export type OnSample = (series: string, value: number, timestamp: number | null, line: number) => Flaw | null;

/**
 * Reads a page line by line. Histograms and summaries are the flat samples that they are written as; exemplars are
 * checked and dropped.
 *
 * A page is good as a whole or not at all: the first flaw ends the reading, and what was heard until then does not
 * count.
 */
export function scanPage(body: string, format: PageFormat, onSample: OnSample): PageFlaw | null {
  const scan = format === 'openmetrics' ? openMetricsLine : textLine;
  let line = 0;
  let ended = false;
  for (let from = 0; from < body.length;) {
    line += 1;
    const newline = body.indexOf('\n', from);
    const to = newline === -1 ? body.length : newline;
    if (ended) return { line, column: 1, problem: 'the page goes on after # EOF' };
    ended = format === 'openmetrics' && to - from === 5 && body.startsWith('# EOF', from);
    const flaw = ended ? null : scan(body, from, { to, line, onSample });
    if (flaw !== null) return { line, column: flaw.at - from + 1, problem: flaw.problem };
    from = to + 1;
  }
  if (format === 'openmetrics' && !ended)
    return { line: line + 1, column: 1, problem: 'the page ends without # EOF: it may have been cut' };
  return null;
}

interface Line {
  /** The end of the line, exclusive. */
  readonly to: number;
  readonly line: number;
  readonly onSample: OnSample;
}

function textLine(body: string, start: number, { to: end, line, onSample }: Line): Flaw | null {
  let to = end;
  // Lines may end in CR LF.
  while (to > start && (isBlank(body.charCodeAt(to - 1)) || body.charCodeAt(to - 1) === 13)) to -= 1;
  const from = skipBlanks(body, start, to);
  if (from === to) return null;
  if (body[from] === '#') return shifted(metadataFlaw(body.slice(from, to), 'text'), from);
  const series = seriesEnd(body, from, to);
  if (isFlaw(series)) return series;
  const valueFrom = skipBlanks(body, series, to);
  const valueTo = tokenEnd(body, valueFrom, to);
  const value = valueOf(body.slice(valueFrom, valueTo));
  if (value === undefined) return noNumber('value', body.slice(valueFrom, valueTo), valueFrom);
  const timeFrom = skipBlanks(body, valueTo, to);
  if (timeFrom === to) return shifted(onSample(body.slice(from, series), value, null, line), from);
  const timeTo = tokenEnd(body, timeFrom, to);
  const time = millisecondsOf(body.slice(timeFrom, timeTo));
  if (time === undefined) return noNumber('timestamp in ms', body.slice(timeFrom, timeTo), timeFrom);
  if (timeTo < to) return { at: timeTo, problem: 'expected the end of the line after the timestamp' };
  return shifted(onSample(body.slice(from, series), value, time, line), from);
}

/** OpenMetrics has exactly one space between tokens, and no blank anywhere else. */
function openMetricsLine(body: string, from: number, { to, line, onSample }: Line): Flaw | null {
  if (from === to) return { at: from, problem: 'OpenMetrics has no empty lines' };
  if (body[from] === '#') return shifted(metadataFlaw(body.slice(from, to), 'openmetrics'), from);
  const series = seriesEnd(body, from, to);
  if (isFlaw(series)) return series;
  const value = numberAt(body, series, { to, what: 'value', read: valueOf });
  if (isFlaw(value)) return value;
  let [at, time] = [value.to, null as number | null];
  if (at < to && !body.startsWith(' #', at)) {
    const timestamp = numberAt(body, at, { to, what: 'timestamp in seconds', read: secondsOf });
    if (isFlaw(timestamp)) return timestamp;
    [at, time] = [timestamp.to, timestamp.value];
  }
  const flaw = at === to ? null : exemplarFlaw(body, at, to);
  if (flaw !== null) return flaw;
  return shifted(onSample(body.slice(from, series), value.value, time, line), from);
}

/** Reads ` # {labels} value [timestamp]` to the end of the line. */
function exemplarFlaw(body: string, from: number, to: number): Flaw | null {
  if (!body.startsWith(' # {', from))
    return { at: from, problem: 'expected the end of the line, or an exemplar: # {…} value' };
  const labelsFrom = from + 3;
  const labelsTo = seriesEnd(body, labelsFrom, to);
  if (isFlaw(labelsTo)) return labelsTo;
  const labels = readExemplarLabels(body.slice(labelsFrom, labelsTo));
  if (isFlaw(labels)) return shifted(labels, labelsFrom);
  const value = numberAt(body, labelsTo, { to, what: 'value of the exemplar', read: valueOf });
  if (isFlaw(value)) return value;
  if (value.to === to) return null;
  const time = numberAt(body, value.to, { to, what: 'timestamp in seconds', read: secondsOf });
  if (isFlaw(time)) return time;
  return time.to === to ? null : { at: time.to, problem: 'expected the end of the line after the exemplar' };
}

interface NumberAt {
  readonly value: number;
  readonly to: number;
}

/** The number after exactly one space. */
function numberAt(
  body: string,
  from: number,
  { to, what, read }: { to: number; what: string; read: (text: string) => number | undefined },
): NumberAt | Flaw {
  if (body[from] !== ' ' || from >= to) return { at: from, problem: `expected a space and a ${what}` };
  const end = tokenEnd(body, from + 1, to);
  const value = read(body.slice(from + 1, end));
  return value === undefined ? noNumber(what, body.slice(from + 1, end), from + 1) : { value, to: end };
}

function noNumber(what: string, text: string, at: number): Flaw {
  return { at, problem: `expected a ${what}, got ${text === '' ? 'nothing' : quoted(text)}` };
}

function skipBlanks(body: string, from: number, to: number): number {
  let at = from;
  while (at < to && isBlank(body.charCodeAt(at))) at += 1;
  return at;
}

function tokenEnd(body: string, from: number, to: number): number {
  let at = from;
  while (at < to && !isBlank(body.charCodeAt(at))) at += 1;
  return at;
}

function shifted(flaw: Flaw | null, by: number): Flaw | null {
  return flaw === null ? null : { at: flaw.at + by, problem: flaw.problem };
}
