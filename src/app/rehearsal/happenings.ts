import type { Script } from './script.ts';

/** Something that happens around the daemon at an instant of the script. */
export type Happening =
  | ({ readonly does: 'deploy' } & Script['deploys'][number])
  | ({ readonly does: 'answer' } & Script['answers'][number])
  | ({ readonly does: 'command' } & Script['commands'][number]);

/** Everything of a script that happens at an instant, in order; at the same instant, deploys first. */
export function happeningsOf({ deploys, commands, answers }: Script): Happening[] {
  return [
    ...deploys.map((deploy): Happening => ({ does: 'deploy', ...deploy })),
    ...commands.map((command): Happening => ({ does: 'command', ...command })),
    ...answers.map((answer): Happening => ({ does: 'answer', ...answer })),
  ].toSorted((a, b) => a.at - b.at);
}
