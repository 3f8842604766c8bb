import type { CrashStep, Setting } from './plan.ts';

type Made = Partial<CrashStep> & Pick<CrashStep, 'options'>;

/** A step, with what it lacks. */
export function step(kind: string, name: string, made: Made): CrashStep {
  return {
    kind,
    name,
    acts: [],
    gaps: 0,
    blind: false,
    work: null,
    ends: 'done',
    held: null,
    undo: null,
    ...made,
  };
}

const nothingUndone = { acts: [], gaps: 0, blind: false, work: null };

export function evidence(): CrashStep {
  return step('evidence', 'evidence', { options: () => ({ logs: 20 }) });
}

export function wait(): CrashStep {
  return step('wait', 'wait', { options: () => ({ for: '100ms' }), undo: nothingUndone });
}

export function notify(name: string): CrashStep {
  return step('notify', name, { options: () => ({ message: `note ${name}` }), undo: nothingUndone });
}

interface CommandKind {
  readonly probe?: boolean;
  readonly undo?: true;
  readonly ends?: CrashStep['ends'];
}

/** A program that records itself. Without a probe it is blind. */
export function command(name: string, { probe = true, undo, ends = 'done' }: CommandKind = {}): CrashStep {
  const blind = !probe;
  const act = { done: 'do', fails: 'refuse', retried: 'refuse-once' }[ends];
  const run = ({ program, ledger }: Setting, word: string): string[] => [program, word, ledger, name];
  return step('command', name, {
    options: (setting) => ({
      run: run(setting, act),
      ...(probe ? { probe: run(setting, 'asked') } : {}),
      ...(undo === true ? { undo: run(setting, 'undo') } : {}),
    }),
    acts: ends === 'fails' ? [] : ['do'],
    blind,
    work: ends === 'done' ? `do ${name}` : null,
    ends,
    undo: undo === true ? { acts: ['undo'], gaps: 0, blind, work: `undo ${name}` } : null,
  });
}

/** A request to the recording server. Without a probe it is blind. */
export function http(name: string, { probe = true }: { probe?: boolean } = {}): CrashStep {
  return step('http', name, {
    options: ({ url }) => ({
      url: `${url}/act/${name}`,
      json: { name },
      ...(probe ? { probe: { url: `${url}/act/${name}` } } : {}),
    }),
    acts: ['post'],
    blind: !probe,
    work: `post ${name}`,
  });
}

/** A switch of the link, with a restart that tells which link it met. */
export function link({ bad }: { bad?: string } = {}): CrashStep {
  const tail = bad === undefined ? [] : [bad];
  const back = ['switch to release-2'];
  return step('link.rollback', 'link', {
    options: ({ program, ledger }) => ({ restart: { run: [program, 'restart', ledger, 'link', ...tail] } }),
    acts: bad === undefined ? ['switch to release-1'] : ['switch to release-1', ...back],
    // After the switch and after the restart; once more each when the link is put back.
    gaps: bad === undefined ? 2 : 4,
    work: 'restart link',
    ends: bad === undefined ? 'done' : 'fails',
    undo: bad === undefined ? { acts: back, gaps: 2, blind: false, work: null } : null,
  });
}

/** The gaps: after the commit, after the tag. */
export function gitRevert(): CrashStep {
  return step('git.revert', 'git', { options: () => ({}), acts: ['commit', 'tag'], gaps: 2 });
}

/**
 * Moves: create, hold down, stop, rename, rename, start, await health, in one order or another; taken back: rename,
 * hold down, stop, rename, restore the policy, start.
 */
export function dockerRollback(startFirst: boolean): CrashStep {
  const options = { start_first: startFirst, stop_grace: '2s', healthy_within: '20s', steady_for: '300ms' };
  return step('docker.rollback', 'container', {
    options: () => options,
    acts: ['create release-1', 'start release-1', 'stop release-2'],
    gaps: 6,
    undo: { acts: ['stop release-1', 'start release-2'], gaps: 5, blind: false, work: null },
  });
}

/** The gaps: after the mark, after the restart. */
export function dockerRestart(): CrashStep {
  const options = { stop_grace: '2s', healthy_within: '20s', steady_for: '300ms' };
  return step('docker.restart', 'container', {
    options: () => options,
    acts: ['stop release-2', 'start release-2', 'restart'],
    gaps: 2,
  });
}
