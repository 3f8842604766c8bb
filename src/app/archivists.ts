import { containersArchivist } from '../backup/archivists/containers.ts';
import { filesArchivist } from '../backup/archivists/files.ts';
import { repositoryArchivist } from '../backup/archivists/repository.ts';
import { volumeArchivist } from '../backup/archivists/volume.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Archivist } from '../domain/ports/backups.ts';
import type { Connections } from './connections.ts';

/** Who copies what. The first that handles a name is asked. To add one: its file, and a line here. */
export function archivistsFor(
  { files, docker }: Connections,
  { stateDir, hostRoot }: Pick<Configuration, 'stateDir' | 'hostRoot'>,
): readonly Archivist[] {
  return [
    volumeArchivist({ docker, hostRoot }),
    filesArchivist(files),
    repositoryArchivist(files, stateDir),
    containersArchivist(docker),
  ];
}
