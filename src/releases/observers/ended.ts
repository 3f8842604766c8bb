import type { ContainerFacts } from '../../clients/docker/facts.ts';

/** It stopped, and its restart policy will not start it again. */
export function hasEnded({ status, restartPolicy, exitCode, restarts }: ContainerFacts): boolean {
  if (status === 'dead') return true;
  if (status !== 'exited') return false;
  if (restartPolicy.name === 'no') return true;
  if (restartPolicy.name !== 'on-failure') return false;
  const { maximumRetryCount } = restartPolicy;
  return exitCode === 0 || (maximumRetryCount > 0 && restarts >= maximumRetryCount);
}
