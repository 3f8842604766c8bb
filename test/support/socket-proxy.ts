import { readFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** The committed rules of the socket proxy, understood as wollomatic/socket-proxy does. */
export interface ProxyRules {
  /** By method, expressions that are anchored at both ends and tried on the path without its query. */
  readonly allowed: Readonly<Record<string, readonly RegExp[]>>;
  /** Directories that may be mounted into a created container; null where mounts are not looked at. */
  readonly mounts: readonly string[] | null;
}

const deploy = join(dirname(dirname(import.meta.dirname)), 'deploy');

/** Reads rules from files of `deploy/`, e.g. `socket-proxy.watch.env`. */
export function readRules(...names: string[]): ProxyRules {
  const lines = names
    .flatMap((name) => readFileSync(join(deploy, name), 'utf8').split('\n'))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
  const allowed: Record<string, RegExp[]> = {};
  let mounts: readonly string[] | null = null;
  for (const [name, value] of lines) {
    const method = /^SP_ALLOW_(GET|HEAD|POST|PUT|PATCH|DELETE)(_\d+)?$/.exec(name)?.[1];
    if (method !== undefined) (allowed[method] ??= []).push(new RegExp(`^${value}$`));
    else if (name === 'SP_ALLOWBINDMOUNTFROM') mounts = value.split(',');
    else throw new Error(`${names.join(', ')}: ${name} is not a rule`);
  }
  return { allowed, mounts };
}

export function allows(rules: ProxyRules, method: string, path: string): boolean {
  return rules.allowed[method]?.some((rule) => rule.test(path)) === true;
}

export interface SocketProxy {
  readonly url: string;
  /** `GET /containers/json`, in order, without queries. */
  readonly passed: readonly string[];
  readonly refused: readonly string[];
  stop(): Promise<void>;
}

/** Stands in front of an engine's socket and lets through what the rules allow, and nothing else. */
export async function startSocketProxy(socketPath: string, rules: ProxyRules): Promise<SocketProxy> {
  const passed: string[] = [];
  const refused: string[] = [];
  const server = createServer((asked, answer) => {
    void (async () => {
      const path = decodeURIComponent(asked.url?.split('?')[0] ?? '');
      const body = await bodyOf(asked);
      const open = allows(rules, asked.method ?? '', path) && mountsAllowed(rules, path, body);
      (open ? passed : refused).push(`${asked.method} ${path}`);
      if (open) pass(socketPath, asked, body, answer);
      else answer.writeHead(403).end('Forbidden');
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, passed, refused, stop: async () => close(server) };
}

function pass(socketPath: string, asked: IncomingMessage, body: Buffer, answer: ServerResponse): void {
  const { method, url: path, headers } = asked;
  const onward = request({ socketPath, method, path, headers }, (reply) => {
    answer.writeHead(reply.statusCode ?? 502, reply.headers);
    answer.flushHeaders();
    reply.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  onward.end(body);
}

async function bodyOf(asked: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of asked) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function mountsAllowed({ mounts }: ProxyRules, path: string, body: Buffer): boolean {
  if (mounts === null || !path.endsWith('/containers/create')) return true;
  const { HostConfig } = JSON.parse(body.toString()) as {
    HostConfig?: { Binds?: string[]; Mounts?: { Type: string; Source: string }[] };
  };
  const sources = [
    ...(HostConfig?.Binds ?? []).map((bind) => bind.split(':')[0] ?? ''),
    ...(HostConfig?.Mounts ?? []).filter(({ Type }) => Type === 'bind').map(({ Source }) => Source),
  ].filter((source) => source.startsWith('/'));
  return sources.every((source) => mounts.some((from) => source === from || source.startsWith(`${from}/`)));
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
