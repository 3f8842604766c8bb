// `node bench/cache-client.ts PORT`: asks a Redis for a key every millisecond until its input ends, and says the p99 in ms.
import { connect } from 'node:net';

const socket = connect({ host: '127.0.0.1', port: Number(process.argv[2]), noDelay: true });
const samples: number[] = [];
const question = '*2\r\n$3\r\nGET\r\n$5\r\nother\r\n';
let askedAt = 0;
let goesOn = true;

process.stdin.resume();
process.stdin.once('end', () => (goesOn = false));
socket.once('connect', () => {
  process.stdout.write('ready\n');
  ask();
});
socket.on('data', () => {
  samples.push(performance.now() - askedAt);
  if (goesOn) setTimeout(ask, 1);
  else end();
});

function ask(): void {
  askedAt = performance.now();
  socket.write(question);
}

function end(): void {
  const sorted = samples.toSorted((a, b) => a - b);
  process.stdout.write(`${sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN}\n`);
  socket.destroy();
}
