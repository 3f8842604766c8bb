import { mkdirSync, readFileSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { aDirectory } from '../rollback/a-directory.ts';
import { writeConfiguration } from './configuration.ts';
import { DaemonProcess } from './daemon-process.ts';
import { freePort } from './ports.ts';

export interface LinkShopOptions {
  /** Levels of its one rule, on its health endpoint, which is read every second. */
  readonly levels: object;
  /** Steps before and after `link.rollback`; their programs are `program`. */
  readonly before?: (program: readonly string[]) => readonly object[];
  readonly after?: (program: readonly string[]) => readonly object[];
  /** Roles by who has them, each with a token; the test itself is the first of them. Without any, no token is asked for. */
  readonly roles?: Readonly<Record<string, string>>;
}

/**
 * A shop whose releases lie behind a `current` link. It runs the release that the link led to when it was last
 * restarted, as real programs do, and keeps a ledger of what was done to it.
 */
export class LinkShop {
  readonly folder = aDirectory();
  readonly configPath: string;
  readonly url: string;
  /** Whether it is well whatever it runs. */
  healed = false;
  readonly #options: LinkShopOptions;
  #running = '';

  private constructor(options: LinkShopOptions, address: string, port: number) {
    this.#options = options;
    this.url = `http://127.0.0.1:${port}`;
    for (const [name, status] of Object.entries({ 1: 'UP', 2: 'DOWN' })) {
      mkdirSync(join(this.folder, 'releases', name), { recursive: true });
      writeFileSync(join(this.folder, 'releases', name, 'status'), status);
    }
    const program = join(this.folder, 'act.mjs');
    writeFileSync(program, acting(this.ledgerPath, address));
    this.configPath = this.#configure([process.execPath, program], address, port);
    this.deploy(1);
  }

  static async open(options: LinkShopOptions): Promise<LinkShop> {
    const opened: { shop?: LinkShop } = {};
    const server = createServer((request, response) => {
      if (request.url === '/restart') opened.shop?.restart();
      const up = opened.shop?.isUp() ?? false;
      response.writeHead(up ? 200 : 503).end(up ? 'UP' : 'DOWN');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    opened.shop = new LinkShop(options, address, await freePort());
    return opened.shop;
  }

  tokenFile(name: string): string {
    return join(this.folder, `${name}.token`);
  }

  get ledgerPath(): string {
    return join(this.folder, 'ledger');
  }

  /** What was done, in order: the word that each program was called with, and the release the link led to. */
  ledger(): readonly string[] {
    try {
      return readFileSync(this.ledgerPath, 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  }

  /** Switches the link, and restarts. */
  deploy(release: number): void {
    const next = join(this.folder, '.next');
    symlinkSync(join('releases', String(release)), next);
    renameSync(next, join(this.folder, 'current'));
    this.restart();
  }

  /** Lets a step end that was started with this word, which begins with `hold`. */
  letGoOf(word: string): void {
    writeFileSync(join(this.folder, `let-go-of-${word}`), '');
  }

  restart(): void {
    this.#running = this.linked();
  }

  linked(): string {
    return basename(readlinkSync(join(this.folder, 'current')));
  }

  isUp(): boolean {
    return (
      this.healed || readFileSync(join(this.folder, 'releases', this.#running, 'status'), 'utf8') === 'UP'
    );
  }

  /** Starts a daemon that knows release 1 as good. */
  async start(): Promise<DaemonProcess> {
    const [own] = Object.keys(this.#options.roles ?? {});
    const daemon = await DaemonProcess.start({
      configPath: this.configPath,
      url: this.url,
      ...(own === undefined ? {} : { tokenFile: this.tokenFile(own) }),
    });
    onTestFinished(() => daemon.stop('SIGKILL').then(() => {}));
    const current = await daemon.until(
      'a release is seen',
      async () => (await daemon.target('shop')).current,
    );
    await daemon.cli('release', 'good', 'shop', current.id);
    return daemon;
  }

  #configure(program: readonly string[], address: string, port: number): string {
    const { levels, before, after, roles = {} } = this.#options;
    const tokens = Object.entries(roles).map(([name, role]) => ({
      name,
      role,
      token: { file: this.tokenFile(name) },
    }));
    for (const { name, token } of tokens) writeFileSync(token.file, `token-of-${name}-0123456789abcdef`);
    const http = { url: '${target.address}/health', timeout: '1s', expect: { status: 200 } };
    const restart = { run: [...program, 'restart'] };
    return writeConfiguration({
      folder: this.folder,
      port,
      pack: {
        rules: { health: { summary: 'The shop is up', every: '1s', http, levels } },
        playbooks: {
          release: {
            steps: [
              ...(before?.(program) ?? []),
              { 'link.rollback': { restart } },
              ...(after?.(program) ?? []),
            ],
            verify: { settle: '1s', functionality: { within: '20s', checks: [{ http }] } },
          },
        },
      },
      targets: {
        shop: { link: join(this.folder, 'current'), rules: ['layra'], address, playbook: 'release' },
      },
      more: {
        allowed_programs: [process.execPath],
        halt_file: join(this.folder, 'HALT'),
        defaults: { bake: '10m', grace: '1s' },
        ...(tokens.length === 0 ? {} : { tokens }),
      },
    });
  }
}

/** A program that notes what it was called with and what the link led to; some words have it do more. */
function acting(ledgerPath: string, address: string): string {
  return `
import { appendFileSync, existsSync, readlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
const [word] = process.argv.slice(2);
const home = dirname(${JSON.stringify(ledgerPath)});
const current = basename(readlinkSync(join(home, 'current')));
appendFileSync(${JSON.stringify(ledgerPath)}, word + ' on ' + current + '\\n');
if (word.startsWith('hold')) while (!existsSync(join(home, 'let-go-of-' + word))) await setTimeout(20);
if (word === 'crash') throw new Error('this step was meant to fail');
if (word === 'restart') await fetch(${JSON.stringify(`${address}/restart`)});
`;
}
