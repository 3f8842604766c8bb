import { constants } from 'node:fs';
import { access, opendir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readLink } from '../../clients/link/place.ts';
import { messageOf } from '../../domain/errors.ts';
import type { StepFacts } from '../../domain/plan.ts';
import { restartProblem, type LinkParts } from './restart.ts';
import type { Move } from './move.ts';

/** What a move would meet: where the link leads now. */
export async function linkFacts(move: Move): Promise<StepFacts> {
  const { text, destination } = await readLink(move.link);
  return {
    identity: `${move.link} -> ${destination ?? 'nowhere'}`,
    detail: { link: move.link, text, from: destination, to: move.to },
  };
}

/** Every reason why the move would not work. */
export async function linkProblems(move: Move, facts: StepFacts, parts: LinkParts): Promise<string[]> {
  const { text, from } = facts.detail;
  const found: (string | null)[] = [
    text === null ? `there is no link at ${move.link}` : null,
    from === move.to ? `${move.link} already leads to ${move.to}` : null,
    from !== move.to && text !== null && from !== move.from
      ? `${move.link} leads to ${typeof from === 'string' ? from : 'nowhere'}, not to the release that runs as far as is known, ${move.from ?? 'none'}`
      : null,
    await directoryProblem(move.to),
    await writeProblem(dirname(move.link)),
    await restartProblem(move.options.restart, parts.processes),
  ];
  return found.filter((problem) => problem !== null);
}

async function directoryProblem(path: string): Promise<string | null> {
  try {
    const directory = await opendir(path);
    await directory.close();
    return null;
  } catch (error) {
    return `the release directory ${path} is missing or cannot be read: ${messageOf(error)}`;
  }
}

async function writeProblem(path: string): Promise<string | null> {
  try {
    await access(path, constants.W_OK | constants.X_OK);
    return null;
  } catch (error) {
    return `cannot switch the link: ${path} is not writable: ${messageOf(error)}`;
  }
}
