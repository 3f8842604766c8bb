import { cellsOf } from './cells.ts';

/** Parts beside each other, in as many lines as they need; what is too long for a line has one of its own. */
export function flowed(parts: readonly string[], width: number, between = '   '): readonly string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last === undefined || cellsOf(last) + between.length + cellsOf(part) > width) lines.push(part);
    else lines[lines.length - 1] = `${last}${between}${part}`;
  }
  return lines;
}
