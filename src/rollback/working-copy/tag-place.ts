import type { Remote } from '../../clients/git/clone.ts';
import type { Git } from '../../clients/git/git.ts';
import type { LocalCopies } from '../../clients/git/local-copy.ts';
import { withoutPassword } from '../../clients/git/shown.ts';

/** Where a tag is made. */
export interface TagPlace {
  readonly shown: string;
  work<T>(opId: string | null, signal: AbortSignal, work: (held: HeldTags) => Promise<T>): Promise<T>;
}

/** The tags of a place, while it is held. */
export interface HeldTags {
  problems(): Promise<readonly string[]>;
  /** The commit that is tagged. */
  head(): Promise<string>;
  /** The effect that made a tag; empty for one of somebody else, null: there is no such tag. */
  owner(name: string): Promise<string | null>;
  tag(name: string, sha: string, message: string): Promise<void>;
}

/** Tags of a working copy on this host. */
export function localTags(path: string, copies: LocalCopies): TagPlace {
  return {
    shown: path,
    work: (_opId, signal, work) =>
      copies.open(path, signal, (copy) =>
        work({
          problems: () => copy.problems(),
          head: async () => (await copy.head()).commit,
          owner: (name) => copy.tagOwner(name),
          tag: (name, sha, message) => copy.tag(name, sha, message),
        }),
      ),
  };
}

/** Tags at a remote: made in a clone of ours and pushed while the branch has not moved. */
export function remoteTags(remote: Remote, git: Git): TagPlace {
  return {
    shown: `${remote.branch} of ${withoutPassword(remote.url)}`,
    work: (opId, signal, work) =>
      work({
        problems: () => Promise.resolve([]),
        head: () => git.head(remote, signal),
        async owner(name) {
          if (!(await git.tags(remote, name, signal)).includes(name)) return null;
          return git.inClone(remote, null, signal, (clone) => clone.tagOwner(name));
        },
        async tag(name, sha, message) {
          await git.inClone(remote, opId, signal, async (clone) => {
            if (!(await clone.has(sha))) await clone.fetch();
          });
          await git.inWorktree(remote, { sha, opId: opId ?? name }, signal, async (worktree, clone) => {
            await worktree.tag(name, message);
            await clone.push(sha, name, sha);
          });
        },
      }),
  };
}
