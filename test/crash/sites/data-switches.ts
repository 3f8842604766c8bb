import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';

/** A server with a flag that is written whole, and a switch that holds its writes off. */
export async function dataSwitches(): Promise<DataPart & { readonly url: string }> {
  const state = { flag: 'off', held: false };
  const server = createServer((request, response) => {
    const answer = (body: object): void => void response.end(JSON.stringify(body));
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (request.url === '/hold') state.held = true;
      if (request.url === '/pass') state.held = false;
      if (request.url === '/flag' && request.method === 'PUT')
        state.flag = String((JSON.parse(body) as { readonly enabled: unknown }).enabled);
      answer(request.url === '/flag' ? { enabled: state.flag } : { held: state.held });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const lay = async (): Promise<void> => void Object.assign(state, { flag: 'off', held: false });
  return {
    ...plainPart,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    watched: [
      { ...plainWatched, step: 'http-flag', look: async () => state.flag, reset: lay },
      { ...plainWatched, step: 'switched', look: async () => (state.held ? 'held' : 'open'), reset: lay },
    ],
    lay,
    held: async () => (state.held ? ['the switch'] : []),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
