import { createServer } from 'node:net';

/** Below the range from which the system gives ports to connections, so that nobody takes them in between. */
const first = 20_000;
const count = 12_000;
/** What was handed out belongs to who asked for it, also before anything listens there and between two starts. */
const given = new Set<number>();

/** A port of the loopback interface that nothing listens on, of those that connections never get by themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = first + Math.floor(Math.random() * count);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('no port was free in 100 tries');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
