import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Slack does to one post. */
export type Reaction =
  | { readonly status: number; readonly body?: string; readonly retryAfter?: string }
  | 'hang'
  | 'hang up'
  | 'redirect';

/** An incoming webhook on loopback: keeps the texts that it was sent and reacts as told, then with 200. */
export async function slackServer() {
  const posts: string[] = [];
  const reactions: Reaction[] = [];
  const server = createServer((request, response) => {
    let content = '';
    request.on('data', (part: Buffer) => (content += part.toString()));
    request.on('end', () => {
      posts.push(`${request.method} ${request.url} ${request.headers['content-type']} ${content}`);
      react(response, reactions.shift() ?? { status: 200, body: 'ok' });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    posts,
    /** The texts alone. */
    texts: () => posts.map((post) => (JSON.parse(post.slice(post.indexOf('{'))) as { text: string }).text),
    reactions,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/canary-webhook`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function react(response: ServerResponse, reaction: Reaction): void {
  if (reaction === 'hang') return;
  if (reaction === 'hang up') {
    response.destroy();
    return;
  }
  if (reaction === 'redirect') {
    response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    return;
  }
  const { status, body = '', retryAfter } = reaction;
  response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(body);
}
