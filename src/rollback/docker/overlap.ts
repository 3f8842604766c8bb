import type { ContainerFacts, JsonObject } from '../../clients/docker/facts.ts';
import { recordIn, textIn } from '../../clients/docker/shape.ts';
import { hasNetworks, type Specification } from '../../clients/docker/specification.ts';

/**
 * Why the old release cannot run beside the present one for a moment, or null if it can.
 *
 * It cannot when both would publish a port, have one address or one network stack, or write to the same files: two
 * servers on one database volume would destroy it.
 */
export function whyNotBeside(current: ContainerFacts, specification: Specification): string | null {
  const { config, hostConfig, networks } = specification;
  if (publishes(hostConfig) || publishes(current.hostConfig)) return 'it publishes ports';
  if (!hasNetworks(textIn(hostConfig['NetworkMode']))) return 'it has no network of its own';
  if (Object.values(networks).some((endpoint) => Object.keys(recordIn(endpoint['IPAMConfig'])).length > 0))
    return 'it has a fixed address';
  if (textIn(config['MacAddress']) !== '') return 'it has a fixed address';
  const written = current.mounts.find(({ writable, type }) => writable && type !== 'tmpfs');
  return written === undefined ? null : `it writes to ${written.destination}`;
}

function publishes(hostConfig: JsonObject): boolean {
  return (
    hostConfig['PublishAllPorts'] === true || Object.keys(recordIn(hostConfig['PortBindings'])).length > 0
  );
}
