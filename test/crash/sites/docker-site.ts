import { setTimeout as pause } from 'node:timers/promises';
import { labels } from '../../../src/clients/docker/marks.ts';
import type { TestDocker } from '../../support/dockerd.ts';
import { buildImage } from '../../support/image.ts';
import type { Act } from '../act.ts';
import { endsAtOnce, eventsSince, type Event } from './engine-memory.ts';
import type { Site } from './site.ts';

/** A container on a real engine; a release is its image. What was done to it is asked of the engine: events and labels. */
export async function dockerSite(engine: TestDocker, stage: string): Promise<Site> {
  const name = engine.name(stage);
  const images: string[] = [];
  for (const release of [1, 2] as const)
    images.push(
      await buildImage(engine, {
        tag: `${name}:${release}`,
        files: { '/release': `${stage} ${release}` },
        changes: [`CMD ["sh", "-c", ${JSON.stringify(endsAtOnce)}]`],
      }),
    );
  let since = '0';
  const run = async (release: 1 | 2): Promise<void> => {
    await engine.cli('run', '--detach', '--name', name, '--restart', 'unless-stopped', `${name}:${release}`);
  };
  return {
    name,
    target: { container: name },
    settings: { docker: { socket: engine.socket } },
    deploy: async (release) => {
      if (release === 2) await engine.cli('rm', '--force', name);
      await run(release);
    },
    serves: async () =>
      releaseOf(
        images,
        await engine.cli('inspect', '--format', '{{.Image}} {{.State.Running}}', name).catch(() => ''),
      ),
    reset: async () => {
      await removeAll(engine, name);
      await run(2);
      // The engine's own clock, and a moment later: its events begin after those of this very reset.
      await pause(20);
      since = await engine.cli('info', '--format', '{{.SystemTime}}');
    },
    acts: async () => actsIn(await eventsSince(engine, since, []), name, images),
  };
}

function releaseOf(images: readonly string[], inspected: string): 1 | 2 | null {
  const [image = '', running] = inspected.split(' ');
  const index = running === 'true' ? images.indexOf(image) : -1;
  return index === 0 ? 1 : index === 1 ? 2 : null;
}

/** Also pins, marks and what earlier runs set aside: all carry the name, in their own or in their target's. */
async function removeAll(engine: TestDocker, name: string): Promise<void> {
  const own = await engine.cli('ps', '--all', '--quiet', '--filter', `name=${name}`);
  const ids = own.split('\n').filter((id) => id !== '');
  if (ids.length > 0) await engine.cli('rm', '--force', ...ids);
}

/** What was done to the containers of this stage. On whose behalf is told by the label of the container that was made. */
function actsIn(events: readonly Event[], name: string, images: readonly string[]): readonly Act[] {
  const own = events.filter(({ Actor }) => (Actor.Attributes['name'] ?? '').startsWith(name));
  const opIds = own.map(({ Actor }) => Actor.Attributes[labels.op]).filter((opId) => opId !== undefined);
  return own.flatMap(({ Action, Actor }) => {
    const { Attributes: attributes } = Actor;
    if (labels.pin in attributes || labels.restart in attributes) return [];
    const opId = attributes[labels.op] ?? opIds[0] ?? 'nobody';
    if (Action === 'restart') return [{ step: 'container', act: 'restart', opId }];
    if (Action !== 'create' && Action !== 'start' && Action !== 'stop') return [];
    const release = releaseNamed(attributes['image'] ?? '', name, images);
    return [{ step: 'container', act: `${Action} release-${release}`, opId }];
  });
}

/** The image as the container was created with: by tag, or by id. */
function releaseNamed(image: string, name: string, images: readonly string[]): number {
  return 1 + images.findIndex((id, index) => image === id || image === `${name}:${index + 1}`);
}
