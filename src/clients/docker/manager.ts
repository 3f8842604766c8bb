/** Another tool that looks after a container, and may bring back what a rollback took away. */
export interface ContainerManager {
  /** `compose`, `swarm`, `kubernetes`, `nomad`, `systemd`, `watchtower`. */
  readonly name: string;
  /** The line that a person would pin so that it does not. */
  readonly pin: string;
}

/** Who else manages a container, as far as its labels tell. */
export function managerOf(labels: Readonly<Record<string, string>>): ContainerManager | null {
  const project = labels['com.docker.compose.project'];
  if (project !== undefined) return compose(project, labels);
  const service = labels['com.docker.swarm.service.name'];
  if (service !== undefined) return { name: 'swarm', pin: `docker service update --image IMAGE ${service}` };
  const pod = labels['io.kubernetes.pod.name'];
  if (pod !== undefined) return { name: 'kubernetes', pin: `the image in the workload of pod ${pod}` };
  if (labels['com.hashicorp.nomad.alloc_id'] !== undefined)
    return { name: 'nomad', pin: 'the image in the job of this allocation' };
  const unit = labels['PODMAN_SYSTEMD_UNIT'];
  if (unit !== undefined) return { name: 'systemd', pin: `the image in ${unit}` };
  if (labels['com.centurylinklabs.watchtower.enable'] === 'true')
    return { name: 'watchtower', pin: 'the label com.centurylinklabs.watchtower.monitor-only=true' };
  return null;
}

function compose(project: string, labels: Readonly<Record<string, string>>): ContainerManager {
  const service = labels['com.docker.compose.service'] ?? 'the service';
  const files = labels['com.docker.compose.project.config_files'] ?? `the compose file of project ${project}`;
  return { name: 'compose', pin: `services.${service}.image in ${files}` };
}
