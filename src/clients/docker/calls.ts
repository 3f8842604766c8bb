/** One kind of request to the engine: what a socket proxy must let through. */
export interface EngineCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** The path without its query; engines accept it with and without a version in front. */
  readonly path: RegExp;
  readonly needs: 'watch' | 'roll back' | 'pin';
}

const name = '[^/]+';
const call = (method: EngineCall['method'], path: string, needs: EngineCall['needs']): EngineCall => ({
  method,
  path: new RegExp(`^(/v[0-9.]+)?${path}$`),
  needs,
});

/**
 * Every request that is ever made to a Docker engine. The rules of the socket proxy are made from this list, and a
 * proxy that allows nothing else suffices.
 *
 * The slash of an image reference such as `rollbackd.pin/shop:r-1` stands as it is in the path.
 */
export const dockerCalls: readonly EngineCall[] = [
  call('GET', '/version', 'watch'),
  call('GET', '/events', 'watch'),
  call('GET', '/containers/json', 'watch'),
  call('GET', `/containers/${name}/json`, 'watch'),
  call('GET', `/containers/${name}/logs`, 'watch'),
  call('GET', `/containers/${name}/stats`, 'watch'),
  call('GET', '/images/.+/json', 'watch'),
  call('GET', `/networks/${name}`, 'watch'),
  call('GET', `/volumes/${name}`, 'watch'),
  call('POST', '/containers/create', 'roll back'),
  call('POST', `/containers/${name}/start`, 'roll back'),
  call('POST', `/containers/${name}/stop`, 'roll back'),
  call('POST', `/containers/${name}/restart`, 'roll back'),
  call('POST', `/containers/${name}/rename`, 'roll back'),
  call('POST', `/containers/${name}/update`, 'roll back'),
  call('POST', `/networks/${name}/connect`, 'roll back'),
  call('DELETE', `/containers/${name}`, 'pin'),
  call('POST', '/images/.+/tag', 'pin'),
  call('DELETE', '/images/.+', 'pin'),
];

/** What a Swarm service needs beside those: targets of that kind only, so the shipped proxy does not allow it. */
export const swarmCalls: readonly EngineCall[] = [
  call('GET', `/services/${name}`, 'watch'),
  call('GET', '/tasks', 'watch'),
  call('POST', `/services/${name}/update`, 'roll back'),
];

/** What `tools_in` of a data store needs beside those: it runs programs in containers, so the shipped proxy does not allow it. */
export const execCalls: readonly EngineCall[] = [
  call('POST', `/containers/${name}/exec`, 'roll back'),
  call('POST', `/exec/${name}/start`, 'roll back'),
  call('GET', `/exec/${name}/json`, 'roll back'),
];
