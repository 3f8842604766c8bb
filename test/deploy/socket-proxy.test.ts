import { describe, expect, test } from 'vitest';
import { dockerCalls } from '../../src/clients/docker/calls.ts';
import { allows, readRules } from '../support/socket-proxy.ts';

const watch = readRules('socket-proxy.watch.env');
const act = readRules('socket-proxy.watch.env', 'socket-proxy.act.env');

/** What the calls are made with, as it stands in a path. */
const names = ['shop', 'shop-1_2.a', 'f'.repeat(64)];
const references = ['shop:2', 'example.com:5000/team/shop:2', `sha256:${'a'.repeat(64)}`];
const pins = ['rollbackd.pin/shop:r-0a1b2c3d4e5f'];

const calls = dockerCalls.flatMap(({ method, path, needs }) => {
  const written = path.source.replaceAll('\\/', '/').replace('^(/v[0-9.]+)?', '').replace(/\$$/, '');
  const fillings = method === 'DELETE' && written.startsWith('/images/') ? pins : references;
  const paths = written.includes('[^/]+')
    ? names.map((name) => written.replace('[^/]+', name))
    : written.includes('.+')
      ? fillings.map((reference) => written.replace('.+', reference))
      : [written];
  return paths.map((one) => ({ method, path: one, needs }));
});

describe('the rules of the socket proxy', () => {
  test.each(calls)('let $method $path through, with a version in front and without', ({ method, path }) => {
    expect(allows(act, method, path)).toBe(true);
    expect(allows(act, method, `/v1.41${path}`)).toBe(true);
  });

  test.each(calls)('without those for acting: $method $path only if it is needed to watch', (call) => {
    expect(allows(watch, call.method, call.path)).toBe(call.needs === 'watch');
  });

  test.each([
    ['POST', '/containers/shop/exec'],
    ['POST', '/exec/0a1b/start'],
    ['POST', '/containers/shop/kill'],
    ['POST', '/containers/shop/attach'],
    ['GET', '/containers/shop/attach/ws'],
    ['GET', '/containers/shop/archive'],
    ['PUT', '/containers/shop/archive'],
    ['GET', '/containers/shop/export'],
    ['POST', '/containers/prune'],
    ['POST', '/commit'],
    ['POST', '/build'],
    ['POST', '/images/create'],
    ['POST', '/images/load'],
    ['POST', '/images/shop:2/push'],
    ['DELETE', '/images/shop:2'],
    ['DELETE', '/images/rollbackd.pinned/shop:2'],
    ['GET', '/secrets'],
    ['GET', '/secrets/db'],
    ['POST', '/secrets/create'],
    ['GET', '/configs'],
    ['GET', '/swarm/unlockkey'],
    ['POST', '/swarm/init'],
    ['POST', '/services/create'],
    ['POST', '/plugins/pull'],
    ['POST', '/volumes/create'],
    ['DELETE', '/volumes/data'],
    ['DELETE', '/networks/shop'],
    ['POST', '/networks/shop/disconnect'],
    ['POST', '/session'],
    ['POST', '/grpc'],
    ['POST', '/auth'],
    ['GET', '/info'],
    ['GET', '/containers/../secrets/json'],
    ['POST', '/v1.41/containers/shop/exec'],
    ['POST', '/containers/create/../../build'],
  ])('refuse %s %s', (method, path) => {
    expect(allows(act, method, path)).toBe(false);
  });

  test('let nothing be mounted that is not listed', () => {
    expect(act.mounts).toEqual(['/srv/none']);
  });
});
