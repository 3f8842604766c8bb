import { appendFileSync, existsSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';

/**
 * The service of the end-to-end tests, as each of its releases behaves. It is a program of its own, inside an image:
 *
 *   well     answers, is healthy, uses little memory, clears /disk of litter; ends with code 4 where it finds a
 *            file /config/stale
 *   some     answers 500 to one request of three
 *   errors   answers 500 to three requests of four
 *   ill      answers, but its health endpoint does not say UP
 *   litters  fills the file system of /disk up to 97 %
 *   hog      fills its memory up to 96 % of the container's limit, and stays there
 *   exits    ends with code 3 before it listens
 *
 * `/behave/NAME` changes the behaviour of one that runs, until it restarts.
 */
const litter = '/disk/litter';
let behaviour = process.env['BEHAVIOUR'] ?? 'well';
const answered: Record<string, number> = {};
let asked = 0;

// Programs print their settings; what watches them must not repeat the secrets among those.
console.log(`starting ${behaviour} with ${JSON.stringify(process.env)}`);
if (behaviour === 'exits') process.exit(3);
if (behaviour === 'well' && existsSync('/config/stale')) process.exit(4);
if (behaviour === 'well') rmSync(litter, { force: true });
if (behaviour === 'litters') fillDisk();
if (behaviour === 'hog') fillMemory();
process.on('SIGTERM', () => process.exit(0));

createServer((request, response) => {
  const path = request.url ?? '/';
  if (path === '/metrics') return void response.end(metricsPage());
  if (path === '/health' || path === '/api/v1/health/check') return health(response);
  if (path.startsWith('/behave/')) behaviour = path.slice('/behave/'.length);
  answer(response);
}).listen(8080);

function answer(response: ServerResponse): void {
  asked += 1;
  const fails = (behaviour === 'errors' && asked % 4 !== 0) || (behaviour === 'some' && asked % 3 === 0);
  const status = fails ? 500 : 200;
  answered[status] = (answered[status] ?? 0) + 1;
  response.writeHead(status).end(`${status}\n`);
}

function health(response: ServerResponse): void {
  const up = behaviour !== 'ill';
  response.writeHead(up ? 200 : 503).end(JSON.stringify({ status: up ? 'UP' : 'DOWN' }));
}

/** A status that never happened has no series, as with every client library. */
function metricsPage(): string {
  const lines = Object.entries(answered).map(
    ([status, count]) =>
      `http_requests_total{method="GET",handler="/api/v1/orders",status="${status}"} ${count}`,
  );
  return `# TYPE http_requests_total counter\n${lines.join('\n')}\n`;
}

function fillDisk(): void {
  const { blocks, bsize } = statfsSync('/disk');
  const piece = Buffer.alloc(bsize, 1);
  for (let written = 0; written < blocks * 0.97; written++) appendFileSync(litter, piece);
}

/** In small pieces and by what the container's own group says, so that the kernel never has to kill it. */
function fillMemory(): void {
  const held: Buffer[] = [];
  const timer = setInterval(() => {
    const share = memoryShare();
    if (share < 0.96) held.push(Buffer.alloc(2 ** 20, 1));
    if (share > 0.97) held.pop();
    if (behaviour !== 'hog') held.length = 0;
  }, 2);
  timer.unref();
}

function memoryShare(): number {
  try {
    return number('/sys/fs/cgroup/memory.current') / number('/sys/fs/cgroup/memory.max');
  } catch {
    const group = '/sys/fs/cgroup/memory/memory';
    return number(`${group}.usage_in_bytes`) / number(`${group}.limit_in_bytes`);
  }
}

function number(path: string): number {
  return Number(readFileSync(path, 'utf8'));
}
