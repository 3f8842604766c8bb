import type { Standing } from '../domain/release.ts';
import type { Severity } from '../domain/rule.ts';

const codes = {
  bold: '1',
  dim: '2',
  red: '31',
  green: '32',
  yellow: '33',
  cyan: '36',
  alarm: '1;37;41',
} as const;
type Style = keyof typeof codes;

/** Colours text, or leaves it alone where nobody would see it. */
export type Paint = Readonly<Record<Style, (text: string) => string>>;

export function painter(color: boolean): Paint {
  const style = (name: Style) => (text: string) =>
    color && text !== '' ? `\x1b[${codes[name]}m${text}\x1b[0m` : text;
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    yellow: style('yellow'),
    cyan: style('cyan'),
    alarm: style('alarm'),
  };
}

const severityStyle = { critical: 'red', high: 'yellow', medium: 'cyan' } as const satisfies Record<
  Severity,
  Style
>;
const standingStyle = { good: 'green', bad: 'red', unproven: 'yellow' } as const satisfies Record<
  Standing,
  Style
>;

/** CRITICAL, HIGH, MEDIUM, in a colour of its own. */
export function paintSeverity(paint: Paint, severity: Severity): string {
  return paint[severityStyle[severity]](severity.toUpperCase());
}

/** good, bad, unproven. */
export function paintStanding(paint: Paint, standing: Standing): string {
  return paint[standingStyle[standing]](standing);
}
