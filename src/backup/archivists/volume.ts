import { statfs } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Docker } from '../../clients/docker/docker.ts';
import { volumeUsers } from '../../clients/docker/volume-users.ts';
import { exchangeBack } from '../../clients/files/exchange.ts';
import { holdFolder, type FileRoots } from '../../clients/files/held-folder.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Archivist } from '../../domain/ports/backups.ts';
import { filesArchivist } from './files.ts';
import { filesIn, sizeOfTree } from './tree-size.ts';

export interface VolumeParts {
  readonly docker: Docker;
  /** Where the host's file system is mounted; `/` outside a container. */
  readonly hostRoot: string;
}

/**
 * Docker volumes of the driver `local`, read and written at their mountpoint on this machine, as archives that keep
 * owners, modes, extended attributes and holes. A restored one is made beside the volume's folder and renamed into its
 * place, so nothing may have the volume mounted and run.
 */
export function volumeArchivist({ docker, hostRoot }: VolumeParts): Archivist {
  const at: Locating = async (name, signal) => {
    const found = await locate(docker, name, signal);
    if ('problem' in found) throw new RollbackError('REFUSED', found.problem);
    const files: FileRoots = { hostRoot, roots: [dirname(dirname(found.path))] };
    return { path: found.path, files, archivist: filesArchivist(files) };
  };
  const idle = async (name: string, signal: AbortSignal): Promise<void> => {
    const users = (await volumeUsers(docker, [name], signal)).map((user) => user.name);
    if (users.length > 0)
      throw new RollbackError(
        'REFUSED',
        `the volume ${name} is in use by ${users.join(', ')}; stop that first`,
      );
  };
  return {
    kind: 'volume',
    handles: () => true,
    async examine(name, signal) {
      try {
        const { path, archivist } = await at(name, signal);
        const users = await volumeUsers(docker, [name], signal);
        const warnings = users.map(
          (user) =>
            `${user.name} runs with the volume ${name}; stop or quiesce it before, or the copy may not be consistent`,
        );
        return { ...(await archivist.examine(path, signal)), warnings };
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    async dump(name, sink, signal) {
      const { path, archivist } = await at(name, signal);
      return renamed(name, await archivist.dump(path, sink, signal));
    },
    async whyNotHere(name, _facts, signal) {
      const found = await locate(docker, name, signal);
      return 'problem' in found ? found.problem : null;
    },
    async restoreBeside(name, source, scratch, signal) {
      const { path, archivist } = await at(name, signal);
      return renamed(name, await archivist.restoreBeside(path, source, scratch, signal));
    },
    async switchTo(name, scratch, keepAs, signal) {
      const { path, archivist } = await at(name, signal);
      if ((await archivist.switched(path, scratch, keepAs, signal)) === 'not_done') await idle(name, signal);
      await archivist.switchTo(path, scratch, keepAs, signal);
    },
    async switched(name, scratch, keepAs, signal) {
      const { path, archivist } = await at(name, signal);
      return archivist.switched(path, scratch, keepAs, signal);
    },
    async switchBack(name, scratch, keepAs, signal) {
      const { path, files, archivist } = await at(name, signal);
      if ((await archivist.switched(path, scratch, keepAs, signal)) !== 'not_done') await idle(name, signal);
      await exchangeBack({ path, keepAs }, files, signal);
    },
    async drop(name, which, signal) {
      const { path, archivist } = await at(name, signal);
      await archivist.drop(path, which, signal);
    },
    ...measures(at),
  };
}

type Locating = (name: string, signal: AbortSignal) => Promise<Located>;

/** What is asked of a volume before it is replaced. */
function measures(at: Locating): Required<Pick<Archivist, 'room' | 'count'>> {
  return {
    async room(name, signal) {
      const { path, files } = await at(name, signal);
      await using folder = await holdFolder(dirname(path), files);
      const { bavail, bsize } = await statfs(folder.at('.'));
      const neededBytes = await sizeOfTree(folder.at(basename(path)), signal);
      return { neededBytes, freeBytes: bavail * bsize };
    },
    async count(name, signal) {
      const { path, files } = await at(name, signal);
      await using folder = await holdFolder(dirname(path), files);
      return { ...nothingElse, counts: { [name]: await filesIn(folder.at(basename(path)), signal) } };
    },
  };
}

const nothingElse = { server: null, tool: null, schemaVersion: null } as const;

interface Located {
  readonly path: string;
  /** The volume's own folder is where it may be changed. */
  readonly files: FileRoots;
  readonly archivist: Archivist;
}

async function locate(
  docker: Docker,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly path: string } | { readonly problem: string }> {
  const found = await docker.volume(name, signal);
  if (found === null) return { problem: `there is no volume ${name}` };
  if (found.driver !== 'local' || found.mounted)
    return {
      problem: `the volume ${name} lies elsewhere (driver ${found.driver}); only those on this machine's disk are copied`,
    };
  // What is renamed later must be a folder of the volume's own.
  if (basename(found.mountpoint) !== '_data')
    return {
      problem: `the volume ${name} lies at ${found.mountpoint}, which is not where Docker keeps volumes`,
    };
  return { path: found.mountpoint };
}

/** The count under the name that people know. */
function renamed(name: string, facts: BackupFacts): BackupFacts {
  const [count = 0] = Object.values(facts.counts);
  return { ...facts, counts: { [name]: count } };
}
