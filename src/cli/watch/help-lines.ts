import { columns } from '../columns.ts';
import type { Paint } from '../paint.ts';

const keys: readonly (readonly [string, string])[] = [
  ['j k ↑ ↓', 'select an incident; scroll its details'],
  ['enter', 'details of the selected incident, and back'],
  ['a', 'approve its question: type y, or the name of the target where data can be destroyed'],
  ['r', 'reject its question'],
  ['o', 'hand it over to a person'],
  ['H', 'halt: nothing starts any more, anywhere'],
  ['f', 'pause the picture, and go on'],
  ['q', 'quit; nothing changes by that'],
];

/** What the keys do, and how to read the screen. */
export function helpLines(paint: Paint): readonly string[] {
  return [
    paint.bold('KEYS'),
    ...columns(
      keys.map(([key, what]) => [paint.bold(key), what]),
      '  ',
    ),
    '',
    paint.bold('HOW TO READ IT'),
    '  a bar is full where the nearest threshold is reached',
    '  a clock shows the time taken / its objective; ▸ runs, ! is over it',
    '  an answer belongs to the plan on the screen; another plan is asked again',
  ];
}
