import type { TestDocker } from '../../support/dockerd.ts';

/** Ends at once when it is asked to. */
export const endsAtOnce = ["trap 'exit 0' TERM", 'while :; do sleep 1 & wait $!; done'].join('; ');

/** Something that happened to a container, as the engine remembers it. */
export interface Event {
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** What has happened to containers since an instant of the engine's own clock. */
export async function eventsSince(
  engine: TestDocker,
  since: string,
  filters: readonly string[],
): Promise<readonly Event[]> {
  const until = await engine.cli('info', '--format', '{{.SystemTime}}');
  const span = ['--since', since, '--until', until, '--filter', 'type=container', ...filters];
  const printed = await engine.cli('events', ...span, '--format', '{{json .}}');
  return printed
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}
