import type { Matcher, VectorSelector } from '../../promql/ast.ts';

/** A selector as PromQL, at the time of asking: without its offset. */
export function selectorText({ matchers }: Pick<VectorSelector, 'matchers'>): string {
  const [name, ...rest] = matchers;
  if (name?.label === '__name__' && name.operator === '=' && /^[a-zA-Z_:][\w:]*$/.test(name.value))
    return rest.length === 0 ? name.value : `${name.value}{${rest.map(matcherText).join(',')}}`;
  return `{${matchers.map(matcherText).join(',')}}`;
}

/** `status=~"5.."`. */
export function matcherText({ label, operator, value }: Matcher): string {
  const name = /^[a-zA-Z_]\w*$/.test(label) ? label : quoted(label);
  return `${name}${operator}${quoted(value)}`;
}

/** A string of PromQL, which has the escapes of Go. */
function quoted(text: string): string {
  const escaped = text.replaceAll(/[\\"\p{Cc}]/gu, (unit) => {
    if (unit === '\\' || unit === '"') return `\\${unit}`;
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
