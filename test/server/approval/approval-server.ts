import { request } from 'node:http';
import type { Role, Token } from '../../../src/domain/configuration.ts';
import type { AskedView } from '../../../src/domain/ports/daemon.ts';
import { Secret } from '../../../src/domain/secret.ts';
import { linkPath } from '../../../src/server/approval/link.ts';
import { approvalPage } from '../../../src/server/approval/routes.ts';
import { startServer, type Server } from '../../../src/server/server.ts';
import { SimulatedClock } from '../../fakes/clock.ts';
import { FakeDaemon } from '../../fakes/daemon.ts';
import { FakeInbox } from '../../fakes/inbox.ts';
import { RecordedLog } from '../../fakes/log.ts';
import { ticketId } from './a-question.ts';
import { aVault } from './a-vault.ts';

export interface Shown {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** People of whom everyone has a token: `secret-of-the-approver` and so on. */
const tokens: readonly Token[] = (['viewer', 'operator', 'approver', 'dba', 'admin'] as const).map(
  (role: Role) => ({ name: `the-${role}`, role, token: new Secret(`secret-of-the-${role}`) }),
);

/** A real server with the page behind one link, on a daemon that notes what it is asked. */
export class ApprovalServer {
  readonly daemon = new FakeDaemon();
  readonly clock = new SimulatedClock();
  readonly log = new RecordedLog();
  readonly vault = aVault('of this daemon');
  /** What happened at the page. */
  readonly counted: string[] = [];
  path = '';
  #server: Server | null = null;

  static async open(asked: AskedView, publicUrl: string | null = null): Promise<ApprovalServer> {
    const opened = new ApprovalServer();
    const { daemon, clock, log, vault } = opened;
    daemon.askedViews = [asked];
    daemon.codeOwner = { refused: 'no such code' };
    opened.path = linkPath(vault, ticketId, asked.incident.question?.dueAt ?? clock.now());
    const count = (event: string): void => void opened.counted.push(event);
    opened.#server = await startServer({
      daemon,
      clock,
      log,
      tokens,
      inbox: new FakeInbox(),
      version: '0.1.0',
      listen: { host: '127.0.0.1', port: 0 },
      hosts: publicUrl === null ? [] : [new URL(publicUrl).hostname],
      pages: [approvalPage({ daemon, vault, clock, log, environment: 'production', publicUrl, count })],
    });
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.close();
  }

  get port(): number {
    return this.#server?.port ?? 0;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What the daemon was asked to do, without what it was only asked about. */
  get decided(): readonly string[] {
    return this.daemon.log.filter((line) => !line.startsWith('asked '));
  }

  get(path = this.path, headers: Sent['headers'] = {}): Promise<Shown> {
    return this.send('GET', path, { headers });
  }

  /** Fills in the form of the page as it is now, as a browser does. */
  async answer(fields: Readonly<Record<string, string>>, page?: Shown): Promise<Shown> {
    const { text } = page ?? (await this.get());
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';
    return this.post({ csrf, ...fields });
  }

  post(fields: Readonly<Record<string, string>>, headers: Sent['headers'] = {}): Promise<Shown> {
    return this.send('POST', this.path, { fields, headers: { origin: this.origin, ...headers } });
  }

  send(method: string, path: string, { headers = {}, fields, body }: Sent): Promise<Shown> {
    const content = body ?? (fields === undefined ? '' : new URLSearchParams(fields).toString());
    const given = {
      ...(content === '' ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    };
    const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const { promise, resolve, reject } = Promise.withResolvers<Shown>();
    const outgoing = request(
      { host: '127.0.0.1', port: this.port, method, path, headers: set as Record<string, string> },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => (text += part));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(content);
    return promise;
  }
}

/** What a reader sees of a page, line by line. */
export function read({ text }: Shown): readonly string[] {
  const body = text.replace(/^[^]*<main>/, '').replace(/<svg[^]*?<\/svg>/g, '');
  return body
    .replaceAll(/<\/(?:p|li|h1|h2|label|button|a)>|<br>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .split('\n')
    .map((line) => line.replaceAll('&#39;', "'").trim())
    .filter((line) => line !== '');
}
