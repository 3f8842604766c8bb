import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestDocker } from '../../support/dockerd.ts';
import { buildImage } from '../../support/image.ts';
import type { Act } from '../act.ts';
import { courseOf, type CrashPlan } from '../plan.ts';
import { ledgerIn } from '../record-file.ts';
import { setsIn } from './data-site.ts';
import { eventsSince } from './engine-memory.ts';
import { linkSite } from './link-site.ts';
import type { Site } from './site.ts';
import { Watcher, type Watched } from './watched.ts';

/** Counts on from the last number that it finds, once a moment, as people write all the time. */
const counting = [
  "trap 'exit 0' TERM",
  'n=$(tail -n 1 /data/log 2>/dev/null)',
  'while :; do n=$((${n:-0} + 1)); echo $n >>/data/log; sleep 0.1 & wait $!; done',
].join('; ');

const bulkBytes = 16 * 1024 * 1024;

/**
 * A service behind a link that goes nowhere, and a Docker volume with a container that writes to it all the time. Before
 * release 2 a backup set is made of it; release 2 spoils it.
 */
export async function volumeSite(
  folder: string,
  { engine, stage, plan }: { readonly engine: TestDocker; readonly stage: string; readonly plan: CrashPlan },
): Promise<Site> {
  const writer = engine.name(stage);
  const volume = engine.name(`${stage}-data`);
  const image = await buildImage(engine, {
    tag: writer,
    changes: [`CMD ["sh", "-c", ${JSON.stringify(counting)}]`],
  });
  await engine.cli('volume', 'create', volume);
  const data = await engine.cli('volume', 'inspect', '--format', '{{.Mountpoint}}', volume);
  const start = async (): Promise<void> =>
    void (await engine.cli('run', '--detach', '--name', writer, '--volume', `${volume}:/data`, image));
  const bulk = randomBytes(bulkBytes);
  const lay = (content: string): void => {
    for (const name of readdirSync(dirname(data)).filter((one) => one.startsWith('.rollbackd-')))
      rmSync(join(dirname(data), name), { recursive: true, force: true });
    rmSync(join(data, 'log'), { force: true });
    writeFileSync(join(data, 'bulk'), bulk);
    writeFileSync(join(data, 'points'), content);
  };
  const link = linkSite(folder);
  const sets = join(folder, 'sets');
  const restored = plan.steps.some(({ kind }) => kind === 'volume.restore');
  const watcher = new Watcher(restored ? [points(data)] : [], ledgerIn(folder));
  let since = '0';
  return {
    ...link,
    settings: {
      docker: { socket: engine.socket },
      backups: { directory: sets, recipes: { shop: { volumes: [volume] } } },
    },
    volume,
    recipe: 'shop',
    async deploy(release) {
      if (release === 1) {
        lay(good);
        await start();
      } else writeFileSync(join(data, 'points'), bad);
      await link.deploy(release);
    },
    serves: async () => ((await isWritten(data)) ? link.serves() : null),
    held: async () => {
      const running = await engine.cli('inspect', '--format', '{{.State.Running}}', writer);
      return running === 'true' ? [] : [`container ${writer}`];
    },
    async reset() {
      await engine.cli('rm', '--force', writer);
      lay(bad);
      await start();
      await watcher.reset();
      await pause(20);
      since = await engine.cli('info', '--format', '{{.SystemTime}}');
    },
    async acts() {
      const events = await eventsSince(engine, since, ['--filter', `container=${writer}`]);
      const done = events.map(({ Action }) => Action);
      const made = setsIn(sets).map((act) => ({ ...act, opId: null }));
      return [
        ...(await watcher.acts()),
        ...made,
        ...stopsIn(done, 'stop', plan),
        ...stopsIn(done, 'start', plan),
      ];
    },
    atWork: () => [
      ...namesIn(sets)
        .filter((name) => name.startsWith('.'))
        .map(() => 'copy volume'),
      ...namesIn(dirname(data))
        .filter((name) => name.startsWith('.rollbackd-new-'))
        .map(() => 'restore volume'),
    ],
    async close() {
      await watcher.close();
      await engine.cli('rm', '--force', writer);
    },
  };
}

const good = 'good\n';
const bad = 'bad\n';

/** What people write behind the good content would be gone if it came back a second time. */
function points(data: string): Watched {
  const words: Readonly<Record<string, string>> = {
    [good]: 'good',
    [bad]: 'bad',
    [`${good}people's\n`]: 'used',
  };
  const path = join(data, 'points');
  return {
    step: 'restored',
    look: async () => (existsSync(path) ? (words[readFileSync(path, 'utf8')] ?? 'something else') : null),
    used: 'used',
    use: async (word) => {
      if (word === 'good') writeFileSync(path, `${good}people's\n`);
    },
    reset: async () => {},
  };
}

/** Each number follows the one before it, and more of them come: whoever writes has the volume that is there. */
async function isWritten(data: string): Promise<boolean> {
  const numbers = (): readonly number[] =>
    readFileSync(join(data, 'log'), 'utf8').trim().split('\n').map(Number);
  const before = numbers();
  for (let looked = 0; looked < 40 && numbers().length === before.length; looked++) await pause(50);
  const after = numbers();
  return after.length > before.length && after.every((number, index) => number === index + 1);
}

/** Each step stops the writer once, and starts it once, in the order of the plan; more than that is nobody's. */
function stopsIn(done: readonly string[], act: 'stop' | 'start', plan: CrashPlan): readonly Act[] {
  const { applied, undone } = courseOf(plan.steps);
  const planned = [
    ...applied.filter(({ acts }) => acts.includes(act)).map(({ name }) => ({ step: name, act })),
    ...undone
      .filter(({ undo }) => undo?.acts.includes(`${act} back`) === true)
      .map(({ name }) => ({ step: name, act: `${act} back` })),
  ];
  return done
    .filter((one) => one === act)
    .map((_, index) => ({
      ...(planned[index] ?? { step: 'writer', act: `${act} ${index + 1}` }),
      opId: null,
    }));
}

function namesIn(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}
