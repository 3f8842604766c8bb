import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ownContainerId } from '../../src/clients/docker/own-container.ts';

const id = 'd6ac2f1be9cdfaa3da8b316a06c256a1e2a32b3d94452eb6d6efa41fbb255db6';

describe('the container that rollbackd runs in', () => {
  let proc: string;

  beforeEach(async () => {
    proc = await mkdtemp(join(tmpdir(), 'rd-proc-'));
  });
  afterEach(async () => rm(proc, { recursive: true }));

  test('is told by where its host name is mounted from', async () => {
    const line = `642 611 8:1 /var/lib/docker/containers/${id}/hostname /etc/hostname rw - ext4 /dev/sda1 rw\n`;
    await writeFile(join(proc, 'mountinfo'), line);
    expect(await ownContainerId(proc)).toBe(id);
  });

  test('is told by its cgroup, of version 1', async () => {
    await writeFile(join(proc, 'cgroup'), `12:memory:/docker/${id}\n`);
    expect(await ownContainerId(proc)).toBe(id);
    await writeFile(join(proc, 'cgroup'), `12:memory:/system.slice/docker-${id}.scope\n`);
    expect(await ownContainerId(proc)).toBe(id);
  });

  test('is none outside of containers', async () => {
    await writeFile(join(proc, 'cgroup'), '0::/user.slice\n');
    expect(await ownContainerId(proc)).toBeNull();
  });
});
