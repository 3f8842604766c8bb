import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { ContainerFacts } from '../../clients/docker/facts.ts';
import type { BackupFacts } from '../../domain/backup.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { canonical } from '../../domain/json.ts';
import type { Archivist } from '../../domain/ports/backups.ts';

const record = z.object({ version: z.literal(1), name: z.string(), environment: z.array(z.string()) });
const mostBytes = 4 * 1024 * 1024;

/**
 * The state of containers, as records for people: image, status, mounts, networks and the names of variables. Values of
 * variables, arguments and labels may be secrets and are left out; a digest says whether they changed.
 */
export function containersArchivist(docker: Docker): Archivist {
  return {
    kind: 'containers',
    handles: () => true,
    async examine(name, signal) {
      try {
        const found = await docker.container(name, signal);
        return { problems: found === null ? [`there is no container ${name}`] : [], bytes: null };
      } catch (error) {
        return { problems: [messageOf(error)], bytes: null };
      }
    },
    async dump(name, sink, signal) {
      const found = await docker.container(name, signal);
      if (found === null) throw new RollbackError('NOT_FOUND', `there is no container ${name}`);
      const written = recordOf(found);
      sink.end(`${JSON.stringify(written, null, 2)}\n`);
      return factsOf(written.environment.length);
    },
    whyNotHere: () => Promise.resolve(null),
    async restoreBeside(name, source) {
      const read = record.safeParse(JSON.parse(await textOf(source)));
      if (!read.success || read.data.name !== name)
        throw new RollbackError('BACKUP_INVALID', `the copy is no record of the container ${name}`);
      return factsOf(read.data.environment.length);
    },
    switchTo: (name) =>
      Promise.reject(
        new RollbackError(
          'REFUSED',
          `the record of ${name} is for people: roll the container back with rollbackd rollback`,
        ),
      ),
    switched: () => Promise.resolve('not_done'),
    drop: () => Promise.resolve(),
  };
}

function recordOf(facts: ContainerFacts) {
  const { name, id, image, status, health, restarts, restartPolicy, createdAt, config } = facts;
  const variables = z.array(z.string()).catch([]).parse(config['Env']);
  return {
    version: 1,
    name,
    id,
    image,
    imageName: typeof config['Image'] === 'string' ? config['Image'] : null,
    status,
    health,
    restarts,
    restartPolicy,
    createdAt,
    mounts: facts.mounts,
    networks: Object.keys(facts.networks).toSorted(),
    labels: Object.keys(facts.labels).toSorted(),
    environment: variables.map((entry) => entry.split('=')[0] ?? '').toSorted(),
    settingsSha256: createHash('sha256')
      .update(canonical({ config, hostConfig: facts.hostConfig }))
      .digest('hex'),
  };
}

function factsOf(variables: number): BackupFacts {
  return { server: null, tool: null, schemaVersion: null, counts: { variables } };
}

async function textOf(source: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes)
      throw new RollbackError('BACKUP_INVALID', 'the record of a container is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
