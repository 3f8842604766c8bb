import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Addresses that nothing of ours may call: link-local ones, and where clouds serve their metadata and credentials.
 * An IPv4 address written as IPv6 is the same address.
 */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192'])
  forbidden.addAddress(address, 'ipv4');
forbidden.addAddress('fd00:ec2::254', 'ipv6');

/** Thrown into the connection when a name resolves to a forbidden address. */
export class ForbiddenAddress extends Error {
  readonly code = 'FORBIDDEN_ADDRESS';
}

/** Whether the host of a URL is itself a forbidden address; names are judged when they are looked up. */
export function isForbiddenHost(hostname: string): boolean {
  return isForbidden(hostname.replace(/^\[|\]$/g, ''));
}

/** Looks up a name as Node does, and refuses it when any of its addresses is forbidden. */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error !== null) return callback(error, []);
    const bad = found.find(({ address }) => isForbidden(address));
    if (bad !== undefined)
      return callback(new ForbiddenAddress(`${hostname} is ${bad.address}, a link-local address`), []);
    return options.all === true ? callback(null, found) : first(found, callback);
  });
};

function first(found: readonly LookupAddress[], callback: Parameters<LookupFunction>[2]): void {
  const [address] = found;
  if (address === undefined) callback(new Error('the name has no address'), '', 4);
  else callback(null, address.address, address.family);
}

function isForbidden(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && forbidden.check(address, version === 4 ? 'ipv4' : 'ipv6');
}
