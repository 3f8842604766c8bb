import type { ContainerFacts } from '../../clients/docker/facts.ts';
import { recordIn, textsIn, variableName } from '../../clients/docker/shape.ts';

/** A container as people want to see it afterwards, in JSON. Environment and labels by name only, no command. */
export function inspectionText(container: ContainerFacts): string {
  const { config, hostConfig } = container;
  const shown = {
    id: container.id,
    name: container.name,
    image: container.image,
    configuredImage: config['Image'] ?? null,
    status: container.status,
    health: container.health,
    exitCode: container.exitCode,
    outOfMemory: container.outOfMemory,
    restarts: container.restarts,
    startedAt: container.startedAt,
    finishedAt: container.finishedAt > 0 ? new Date(container.finishedAt).toISOString() : null,
    restartPolicy: container.restartPolicy,
    memoryLimit: hostConfig['Memory'] ?? null,
    ports: Object.keys(recordIn(hostConfig['PortBindings'])),
    networks: Object.keys(container.networks),
    mounts: container.mounts.map(
      ({ type, name, source, destination }) => `${type} ${name || source} at ${destination}`,
    ),
    environment: textsIn(config['Env']).map(variableName),
    labels: Object.keys(container.labels),
  };
  return JSON.stringify(shown, null, 2);
}
