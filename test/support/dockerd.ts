import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe } from 'vitest';

const run = promisify(execFile);

/** Socket of the daemon that the whole test run shares, when somebody started one. */
const sharedVariable = 'ROLLBACKD_TEST_DOCKER';

/** A real Docker engine for tests. */
export interface TestDocker {
  readonly socket: string;
  /** Runs the docker command line against the engine and returns what it printed, trimmed. */
  cli(...args: string[]): Promise<string>;
  /** A name that no other test file uses; everything named so is removed at the end. */
  name(base: string): string;
  stop(): Promise<void>;
}

/** Why no engine can be started here, or null. */
export function whyNoDocker(): string | null {
  if (process.env[sharedVariable] !== undefined) return null;
  if (process.platform !== 'linux') return 'dockerd needs Linux';
  if (process.getuid?.() !== 0) return 'dockerd needs root';
  if (!['/usr/sbin/dockerd', '/usr/bin/dockerd'].some((path) => existsSync(path)))
    return 'dockerd is not installed';
  return existsSync('/bin/busybox') ? null : 'busybox-static is not installed';
}

/** `describe` on a real engine; left out with its reason in the title where there is none, except in CI. */
export function describeWithDocker(title: string, body: () => void): void {
  const problem = process.env['CI'] === undefined ? whyNoDocker() : null;
  if (problem === null) describe(title, body);
  else describe.skip(`${title} (left out: ${problem})`, body);
}

/** Starts one engine for a whole test run; from a global set-up. Returns how to stop it. */
export async function shareDockerd(): Promise<() => Promise<void>> {
  const daemon = await Dockerd.start();
  process.env[sharedVariable] = daemon.socket;
  return async () => {
    delete process.env[sharedVariable];
    await daemon.stop();
  };
}

/**
 * An engine for one test file: the shared one if the run has one, else one of its own.
 *
 * `own: true` is for tests that prune, kill or otherwise disturb the whole engine.
 */
export async function startDockerd(options: { readonly own?: boolean } = {}): Promise<TestDocker> {
  const shared = process.env[sharedVariable];
  const daemon = shared === undefined || options.own === true ? await Dockerd.start() : null;
  const socket = daemon?.socket ?? shared!;
  const suffix = randomBytes(3).toString('hex');
  const cli = async (...args: string[]): Promise<string> => runDocker(socket, args);
  return {
    socket,
    cli,
    name: (base) => `${base}-${suffix}`,
    stop: async () => (daemon === null ? removeNamed(cli, suffix) : daemon.stop()),
  };
}

async function runDocker(socket: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('docker', ['--host', `unix://${socket}`, ...args], { maxBuffer: 64 << 20 });
  return stdout.trim();
}

async function removeNamed(cli: TestDocker['cli'], suffix: string): Promise<void> {
  const named = async (...args: string[]): Promise<string[]> =>
    (await cli(...args, '--filter', `name=${suffix}`)).split('\n').filter((line) => line !== '');
  const containers = await named('ps', '-aq');
  if (containers.length > 0) await cli('rm', '-f', ...containers);
  const networks = await named('network', 'ls', '-q');
  if (networks.length > 0) await cli('network', 'rm', ...networks);
  const volumes = await named('volume', 'ls', '-q');
  if (volumes.length > 0) await cli('volume', 'rm', ...volumes);
}

/** One dockerd in a temporary directory, with a bridge and address pool of its own so that several can run at once. */
class Dockerd {
  readonly socket: string;
  readonly #folder: string;
  readonly #bridge: string;
  readonly #pool: string;
  readonly #child: ChildProcess;
  readonly #killOnExit: () => void;

  private constructor(folder: string, { bridge, pool }: Bridge, child: ChildProcess) {
    this.#folder = folder;
    this.socket = join(folder, 'docker.sock');
    this.#bridge = bridge;
    this.#pool = pool;
    this.#child = child;
    this.#killOnExit = () => void child.kill('SIGTERM');
    process.once('exit', this.#killOnExit);
  }

  static async start(): Promise<Dockerd> {
    const folder = await mkdtemp(join(tmpdir(), 'rd-docker-'));
    const { bridge, pool } = await makeBridge();
    await writeFile(join(folder, 'daemon.json'), '{}');
    const args = [
      ['--config-file', join(folder, 'daemon.json')],
      ['--data-root', join(folder, 'data')],
      ['--exec-root', join(folder, 'exec')],
      ['--pidfile', join(folder, 'dockerd.pid')],
      ['--host', `unix://${join(folder, 'docker.sock')}`],
      ['--bridge', bridge],
      ['--default-address-pool', `base=${pool},size=28`],
      // The firewall of the machine is left alone; published ports go through docker-proxy.
      ['--iptables=false', '--ip6tables=false', '--ip-masq=false'],
    ].flat();
    const child = spawn('dockerd', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4000)));
    child.stdout.resume();
    const daemon = new Dockerd(folder, { bridge, pool }, child);
    try {
      await daemon.#ready();
    } catch (error) {
      await daemon.stop();
      throw new Error(`dockerd did not come up:\n${log}`, { cause: error });
    }
    return daemon;
  }

  async stop(): Promise<void> {
    process.off('exit', this.#killOnExit);
    await endContainers(this.socket);
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      const cancel = new AbortController();
      const late = pause(20_000, 'late', { signal: cancel.signal }).catch(() => 'ended');
      if ((await Promise.race([ended, late])) === 'late') this.#child.kill('SIGKILL');
      cancel.abort();
      await ended;
    }
    unmountBelow(this.#folder);
    await removeNetworks(this.#pool);
    await run('ip', ['link', 'delete', this.#bridge]).catch(() => null);
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  async #ready(): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.#child.exitCode !== null) throw new Error(`it exited with ${this.#child.exitCode}`);
      if (await answers(this.socket)) return;
      await pause(50);
    }
    throw new Error('it did not answer within 30 s');
  }
}

interface Bridge {
  readonly bridge: string;
  /** Addresses of the networks that are made beside it. */
  readonly pool: string;
}

/** Bridge names and subnets are counted up until one is free; creating the link is what claims it. */
async function makeBridge(): Promise<Bridge> {
  for (let number = 0; number < 100; number++) {
    const bridge = `rdtest${number}`;
    try {
      await run('ip', ['link', 'add', bridge, 'type', 'bridge']);
    } catch {
      if (number < 99 && existsSync(`/sys/class/net/${bridge}`)) continue;
      throw new Error('no bridge could be made; iproute2 and the bridge module are needed');
    }
    await run('ip', ['address', 'add', `10.231.${number}.1/24`, 'dev', bridge]);
    await run('ip', ['link', 'set', bridge, 'up']);
    const pool = `10.232.${number}.0/24`;
    await removeNetworks(pool);
    return { bridge, pool };
  }
  throw new Error('every bridge name is taken');
}

/** An engine that was killed leaves the bridges of its networks behind, and their addresses taken. */
async function removeNetworks(pool: string): Promise<void> {
  const { stdout } = await run('ip', ['-oneline', '-4', 'address', 'show', 'to', pool]);
  for (const [, name = ''] of stdout.matchAll(/^\d+: (br-\S+)/gm))
    await run('ip', ['link', 'delete', name]).catch(() => null);
}

async function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('error', () => resolve(false));
    ping.on('timeout', () => ping.destroy());
    ping.end();
  });
}

/** The engine would otherwise wait 10 s for each container that ignores TERM. */
async function endContainers(socket: string): Promise<void> {
  const ids = await runDocker(socket, ['ps', '-aq']).catch(() => '');
  if (ids !== '') await runDocker(socket, ['rm', '-f', ...ids.split('\n')]).catch(() => '');
}

function unmountBelow(folder: string): void {
  const points = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) execFileSync('umount', ['--lazy', point]);
}
