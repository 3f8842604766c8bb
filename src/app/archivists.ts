import { containersArchivist } from '../backup/archivists/containers.ts';
import { filesArchivist } from '../backup/archivists/files.ts';
import { kafkaArchivist } from '../backup/archivists/kafka.ts';
import { milvusArchivist } from '../backup/archivists/milvus.ts';
import { mongodbArchivist } from '../backup/archivists/mongodb.ts';
import { mysqlArchivist } from '../backup/archivists/mysql.ts';
import { postgresArchivist } from '../backup/archivists/postgres.ts';
import { qdrantArchivist } from '../backup/archivists/qdrant.ts';
import { repositoryArchivist } from '../backup/archivists/repository.ts';
import { sqliteArchivist } from '../backup/archivists/sqlite.ts';
import { volumeArchivist } from '../backup/archivists/volume.ts';
import type { Configuration } from '../domain/configuration.ts';
import type { Archivist } from '../domain/ports/backups.ts';
import type { Connections } from './connections.ts';

/** Who copies what. The first that handles a name is asked. To add one: its file, and a line here. */
export function archivistsFor(
  { files, docker, http, dataStores: stores, databaseTools: tools }: Connections,
  { stateDir, hostRoot }: Pick<Configuration, 'stateDir' | 'hostRoot'>,
): readonly Archivist[] {
  return [
    mysqlArchivist({ stores, tools, hostRoot }),
    postgresArchivist({ stores, tools, hostRoot }),
    sqliteArchivist({ stores, hostRoot, stateDir }),
    mongodbArchivist(stores),
    qdrantArchivist({ stores, http }),
    milvusArchivist({ stores, http }),
    kafkaArchivist({
      stores,
      // Loaded when it is needed: most configurations have no Kafka.
      open: async (store, signal) => (await import('../clients/kafka/kafka.ts')).openKafka(store, signal),
    }),
    volumeArchivist({ docker, hostRoot }),
    filesArchivist(files),
    repositoryArchivist(files, stateDir),
    containersArchivist(docker),
  ];
}
