import { quoted, type Flaw } from './flaw.ts';
import type { PageFormat } from './format.ts';
import { isFlaw, readSeries, seriesEnd } from './series-text.ts';

const types: Readonly<Record<PageFormat, readonly string[]>> = {
  text: [
    'counter',
    'gauge',
    'histogram',
    'summary',
    'untyped',
    'unknown',
    'info',
    'stateset',
    'gaugehistogram',
  ],
  openmetrics: ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'stateset', 'info', 'unknown'],
};

/**
 * Reads a line that begins with `#`. Nothing in it is kept; what is malformed shows that the page cannot be believed.
 *
 * The text format has comments. In OpenMetrics every such line says something.
 */
export function metadataFlaw(line: string, format: PageFormat): Flaw | null {
  const strict = format === 'openmetrics';
  const pattern = strict ? /^# (TYPE|HELP|UNIT) / : /^#[ \t]+(TYPE|HELP)[ \t]+/;
  const [start = '', word = ''] = pattern.exec(line) ?? [];
  if (word === '') return strict ? { at: 0, problem: 'expected # TYPE, # HELP, # UNIT or # EOF' } : null;
  const end = seriesEnd(line, start.length, line.length);
  if (isFlaw(end)) return end;
  const name = nameOf(line.slice(start.length, end));
  if (typeof name !== 'string') return { at: start.length + name.at, problem: name.problem };
  const rest = line.slice(end).trim();
  switch (word) {
    case 'TYPE':
      return types[format].includes(rest) ? null : { at: end, problem: `unknown type ${quoted(rest)}` };
    case 'UNIT':
      return rest === '' || name.endsWith(`_${rest}`)
        ? null
        : { at: end, problem: `${quoted(name)} does not end in its unit ${quoted(rest)}` };
    default:
      return null;
  }
}

/** A name as metadata writes it: bare, or between quotes without braces. */
function nameOf(text: string): string | Flaw {
  const series = text.startsWith('"') ? `{${text}}` : text;
  const read = readSeries(series);
  if (isFlaw(read)) return { at: 0, problem: read.problem };
  return read['__name__'] ?? '';
}
