import { opTrailer } from '../../clients/git/clone.ts';
import type { EffectRecords } from '../../clients/files/records.ts';
import type { Git } from '../../clients/git/git.ts';
import type { LocalCopies } from '../../clients/git/local-copy.ts';
import { withoutPassword } from '../../clients/git/shown.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import type { Step } from '../../domain/plan.ts';
import { MINUTE } from '../../domain/time.ts';
import { failed, settled } from '../settled.ts';
import { tagOptions, type TagOptions } from '../working-copy/options.ts';
import { linesIn } from '../working-copy/note.ts';
import { localTags, remoteTags, type TagPlace } from '../working-copy/tag-place.ts';
import { tagName, whichTag } from '../working-copy/tag-name.ts';
import { asShell } from './shell-text.ts';

export interface TagParts {
  readonly git: Git;
  readonly copies: LocalCopies;
  readonly records: EffectRecords;
  readonly clock: Clock;
}

/** Leaves an annotated tag that names the incident: in a working copy, or at the remote of the target's repository. */
export function gitTagDriver(parts: TagParts): Driver<TagOptions> {
  return {
    kind: 'git.tag',
    effect: 'probe',
    risk: 'safe',
    options: tagOptions,
    deadlineMs: 2 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const place = placeOf(step, parts);
      if (place === null)
        return {
          identity: '',
          detail: { problems: [`the target ${step.target.name} has no repository; state path`] },
        };
      const { name } = tagOptions.parse(step.options);
      return place.work(null, signal, async (held) => {
        const problems = await held.problems();
        if (problems.length > 0) return { identity: place.shown, detail: { problems } };
        const sha = await held.head();
        const taken = name !== undefined && (await held.owner(name)) !== null;
        const found = taken ? [`there is a tag ${name} already in ${place.shown}`] : [];
        return { identity: `${place.shown}@${sha}`, detail: { problems: found, sha } };
      });
    },
    preflight: async (_step, { detail }) =>
      linesIn(detail['problems']).map((message) => ({ level: 'refuse', message })),
    describe(step, { detail: { sha } }) {
      const { name = 'rollback-YYYYMMDD-HHMMSS' } = tagOptions.parse(step.options);
      const what = typeof sha === 'string' ? sha.slice(0, 12) : 'the head';
      return `tag ${what} in ${placeOf(step, parts)?.shown ?? 'no repository'} as ${name}`;
    },
    apply: (step, opId, signal) => settled(() => tag(step, opId, parts, signal)),
    probe: (step, opId, signal) => probe(step, opId, parts, signal),
    undoable: () => false,
    byHand,
  };
}

function placeOf(step: Step, { copies, git }: TagParts): TagPlace | null {
  const { path } = tagOptions.parse(step.options);
  if (path !== undefined) return localTags(path, copies);
  const { repository, name } = step.target;
  return repository === null ? null : remoteTags({ name, ...repository }, git);
}

async function tag(step: Step, opId: string, parts: TagParts, signal: AbortSignal): Promise<EffectOutcome> {
  const place = placeOf(step, parts);
  if (place === null) return failed(`the target ${step.target.name} has no repository; state path`);
  return place.work(opId, signal, async (held) => {
    const problems = await held.problems();
    if (problems.length > 0) return failed(problems.join('; '));
    const before = await whichTag(parts.records, opId);
    if (before !== null && (await held.owner(before.name)) === opId)
      return made(before.name, before.sha, place);
    const { name, message } = tagOptions.parse(step.options);
    const sha = before?.sha ?? (await held.head());
    const chosen = name ?? (await freeName(parts.clock, (taken) => held.owner(taken)));
    if (name !== undefined && (await held.owner(name)) !== null)
      return failed(`there is a tag ${name} already in ${place.shown}`);
    await parts.records.write(opId, { name: chosen, sha });
    crashPoint('effect.call.between');
    const text = message ?? `Rollback of ${step.target.name}, incident ${step.incident}`;
    await held.tag(chosen, sha, `${text}\n\n${opTrailer}: ${opId}`);
    crashPoint('effect.call.between');
    return made(chosen, sha, place);
  });
}

function made(name: string, sha: string, { shown }: TagPlace): EffectOutcome {
  return {
    ended: 'done',
    detail: `tagged ${sha.slice(0, 12)} in ${shown} as ${name}`,
    evidence: { tag: name },
  };
}

/** The next second that no other tag took. */
async function freeName(clock: Clock, owner: (name: string) => Promise<string | null>): Promise<string> {
  for (let at = clock.wall(); ; at += 1_000) if ((await owner(tagName(at))) === null) return tagName(at);
}

async function probe(step: Step, opId: string, parts: TagParts, signal: AbortSignal): Promise<ProbeAnswer> {
  const before = await whichTag(parts.records, opId);
  const place = placeOf(step, parts);
  if (before === null || place === null) return 'not_done';
  return place.work(null, signal, async (held) => {
    if ((await held.problems()).length > 0) return 'unknown';
    return (await held.owner(before.name)) === opId ? 'done' : 'not_done';
  });
}

function byHand(step: Step): string[] {
  const { path, name, message } = tagOptions.parse(step.options);
  const text = message ?? `Rollback of ${step.target.name}, incident ${step.incident}`;
  const named = name === undefined ? '"rollback-$(date -u +%Y%m%d-%H%M%S)"' : asShell([name]);
  if (path !== undefined) return [`${asShell(['git', '-C', path, 'tag', '-a', '-m', text])} ${named}`];
  const { url = '<URL>', branch = '<BRANCH>' } = step.target.repository ?? {};
  return [
    asShell(['git', 'clone', '--branch', branch, withoutPassword(url), 'tagging']),
    `${asShell(['git', '-C', 'tagging', 'tag', '-a', '-m', text])} ${named}`,
    asShell(['git', '-C', 'tagging', 'push', 'origin', '--tags']),
  ];
}
