import type { Remote } from '../../clients/git/clone.ts';
import type { Git } from '../../clients/git/git.ts';
import { RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Observer } from '../../domain/ports/observer.ts';
import type { Target } from '../../domain/target.ts';
import { SECOND } from '../../domain/time.ts';

/** Sees at which commit the branch of a remote repository is. */
export function repositoryObserver(parts: {
  readonly git: Git;
  readonly clock: Clock;
  readonly pollMs?: number;
}): Observer {
  const { git, clock, pollMs = 15 * SECOND } = parts;
  /** Effect of ours that made the head of each target; a commit never changes. */
  const made = new Map<string, { readonly sha: string; readonly opId: string | null }>();
  const opIdOf = async (remote: Remote, sha: string, signal: AbortSignal): Promise<string | null> => {
    const known = made.get(remote.name);
    if (known?.sha === sha) return known.opId;
    const commit = await git.inClone(remote, null, signal, async (clone) => {
      if (!(await clone.has(sha))) await clone.fetch();
      return clone.commit(sha);
    });
    const opId = commit.opId === '' ? null : commit.opId;
    made.set(remote.name, { sha, opId });
    return opId;
  };
  return {
    kind: 'repository',
    sees: (target) => target.repository !== null,
    async look(target, signal) {
      const remote = remoteOf(target);
      // What is pushed while we read was not there when we asked.
      const at = clock.now();
      const sha = await git.head(remote, signal);
      return {
        at,
        components: [{ kind: 'commit', value: sha, label: sha.slice(0, 7) }],
        healthy: null,
        exited: false,
        sealed: null,
        opId: await opIdOf(remote, sha, signal),
        manager: null,
      };
    },
    async watch(targets, changed, signal) {
      const heads = new Map<string, string>();
      while (!signal.aborted) {
        for (const target of targets.filter(({ repository }) => repository !== null)) {
          // A failed look is no change; `look` says what is wrong.
          const sha = await git.head(remoteOf(target), signal).catch(() => null);
          if (sha === null) continue;
          if ((heads.get(target.name) ?? sha) !== sha) changed(target.name);
          heads.set(target.name, sha);
        }
        await sleep(clock, pollMs, signal);
      }
    },
  };
}

function remoteOf(target: Target): Remote {
  if (target.repository !== null) return { name: target.name, ...target.repository };
  throw new RollbackError('ANSWER_INVALID', `the target ${target.name} has no repository to look at`);
}
