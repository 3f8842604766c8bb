// Serves /0, /1, …: pages of 1,000 series whose values grow with each request. Ends with its parent.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const seriesPerPage = 1_000;
const statuses = ['200', '301', '404', '500'];
let request = 0;

const server = createServer(({ url }, response) => {
  request += 1;
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(pageOf(Number(url?.slice(1))));
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));

function pageOf(page: number): string {
  const lines = [
    '# HELP http_requests_total Requests, by path and status.',
    '# TYPE http_requests_total counter',
  ];
  for (let series = 0; series < seriesPerPage; series++) {
    const labels = `instance_id="i-${page}",path="/api/v1/items/${series >> 2}",status="${statuses[series & 3]}"`;
    lines.push(`http_requests_total{${labels}} ${request * 7 + series}`);
  }
  return `${lines.join('\n')}\n`;
}
