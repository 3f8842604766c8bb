import type { IncidentView } from '../../domain/ports/daemon.ts';
import { text, type Section } from './document.ts';

/** What a person would have to do now; none where nothing was handed over. */
export function byHand({ byHand: lines, outcome, reason }: IncidentView): readonly Section[] {
  if (outcome !== 'handed_over') return [];
  const title = 'What is left to do by hand';
  const why = text('The daemon stopped on purpose, and a person owns the problem: ', reason, '.');
  if (lines.length === 0) return [{ title, blocks: [why] }];
  return [
    { title, blocks: [why, { kind: 'lines', name: 'By hand', note: 'in this order', lines: [...lines] }] },
  ];
}
