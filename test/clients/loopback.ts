import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a test's server does with a request; a promise is not waited for. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A real server on a free loopback port until the test ends. */
export async function serving(handler: Handler): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => void handler(request, response));
  const port = await listening(server);
  return { url: `http://127.0.0.1:${port}`, server };
}

/** A TCP server that treats each connection as the test says, and speaks no HTTP by itself. */
export async function connecting(handler: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    handler(socket);
  });
  const port = await listening(server);
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return `http://127.0.0.1:${port}`;
}

/** A loopback URL at which nothing listens. */
export async function nobody(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

export async function listening(server: {
  listen(port: number, host: string, call: () => void): unknown;
  address(): unknown;
  close(call: () => void): unknown;
}): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    if ('closeAllConnections' in server) (server as Server).closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
}
