import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import type { ObjectStore } from '../../src/domain/data-store.ts';
import { Secret } from '../../src/domain/secret.ts';
import { freePort } from '../e2e/ports.ts';

/** OpenStack Swift of Debian's with its S3 API: a real server that keeps versions. */
export interface Swift {
  /** A new bucket, as a data store. */
  bucket(name: string, options?: { readonly versions: boolean }): Promise<ObjectStore>;
  /** A client of the test's own. */
  readonly client: S3Client;
  end(): Promise<void>;
}

const user = { access: 'test:tester', secret: 'testing-secret-0815' };

/** Starts one in a folder, on loopback. */
export async function startSwift(folder: string): Promise<Swift> {
  const ports = { proxy: await freePort(), account: 0, container: 0, object: 0 };
  for (const kind of kinds) ports[kind] = await freePort();
  const etc = join(folder, 'etc');
  mkdirSync(join(folder, 'srv', 'disk'), { recursive: true });
  mkdirSync(etc);
  writeFileSync(
    join(etc, 'swift.conf'),
    '[swift-hash]\nswift_hash_path_suffix = a\nswift_hash_path_prefix = b\n[storage-policy:0]\nname = one\ndefault = yes\n',
  );
  const servers: ChildProcess[] = [];
  for (const kind of kinds) {
    ring(etc, kind, ports[kind]);
    writeFileSync(
      join(etc, `${kind}-server.conf`),
      `${common(etc, ports[kind])}devices = ${folder}/srv\nmount_check = false\ndisable_fallocate = true\n[pipeline:main]\npipeline = ${kind}-server\n[app:${kind}-server]\nuse = egg:swift#${kind}\n`,
    );
    servers.push(start(kind, etc));
  }
  writeFileSync(join(etc, 'proxy-server.conf'), proxy(etc, ports.proxy));
  servers.push(start('proxy', etc));
  const url = `http://127.0.0.1:${ports.proxy}`;
  const client = new S3Client({
    endpoint: url,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: user.access, secretAccessKey: user.secret },
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  await untilUp(url);
  return {
    client,
    async bucket(name, options = { versions: true }) {
      await client.send(new CreateBucketCommand({ Bucket: name }));
      if (options.versions)
        await client.send(
          new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration: { Status: 'Enabled' } }),
        );
      return {
        kind: 's3',
        name: 'objects',
        url,
        region: 'us-east-1',
        bucket: name,
        accessKey: new Secret(user.access),
        secretKey: new Secret(user.secret),
        pathStyle: true,
      };
    },
    async end() {
      client.destroy();
      await Promise.all(
        servers.map(async (server) => {
          if (server.exitCode !== null) return;
          const gone = new Promise((resolve) => server.once('exit', resolve));
          server.kill('SIGKILL');
          await gone;
        }),
      );
    },
  };
}

const kinds = ['account', 'container', 'object'] as const;

function common(etc: string, port: number): string {
  return `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\nworkers = 0\nuser = root\nswift_dir = ${etc}\nlog_level = CRITICAL\n`;
}

/** One disk, one copy. The tool ends with 1 where it warns of that. */
function ring(etc: string, kind: string, port: number): void {
  const build = (...words: string[]): void => {
    try {
      execFileSync('swift-ring-builder', [`${kind}.builder`, ...words], { cwd: etc, stdio: 'ignore' });
    } catch (error) {
      if (!(error instanceof Error) || !('status' in error) || error.status !== 1) throw error;
    }
  };
  build('create', '2', '1', '0');
  build('add', `r1z1-127.0.0.1:${port}/disk`, '1');
  build('rebalance');
}

function proxy(etc: string, port: number): string {
  const filters = [
    ['catch_errors'],
    ['gatekeeper'],
    ['healthcheck'],
    ['cache', 'use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:1'],
    ['listing_formats'],
    ['bulk'],
    ['s3api', 'use = egg:swift#s3api\nlocation = us-east-1'],
    ['tempauth', `use = egg:swift#tempauth\nuser_${user.access.replace(':', '_')} = ${user.secret} .admin`],
    ['copy'],
    ['slo'],
    ['versioned_writes', 'use = egg:swift#versioned_writes\nallow_object_versioning = true'],
    ['symlink'],
  ] as const;
  const sections = filters.map(([name, lines = `use = egg:swift#${name}`]) => `[filter:${name}]\n${lines}\n`);
  const pipeline = [...filters.map(([name]) => name), 'proxy-server'].join(' ');
  return `${common(etc, port)}[pipeline:main]\npipeline = ${pipeline}\n[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n${sections.join('')}`;
}

function start(kind: string, etc: string): ChildProcess {
  return spawn(`swift-${kind}-server`, [join(etc, `${kind}-server.conf`)], { stdio: 'ignore' });
}

async function untilUp(url: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const answer = await fetch(`${url}/healthcheck`).catch(() => null);
    if (answer?.ok === true) return;
    if (tries === 200) throw new Error('swift does not answer');
    await pause(100);
  }
}
