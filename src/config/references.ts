import type { Playbook } from '../domain/playbook.ts';
import type { Target } from '../domain/target.ts';
import { placedParts } from './composed.ts';
import { membersOf } from './members.ts';
import { wordsIn } from './placeholders.ts';
import type { DaemonPart } from './main-file.ts';
import type { PlacedRule } from './rules.ts';
import type { PlacedTarget } from './targets.ts';

/** What a target must have for a step or check of a kind to mean anything: by the word before the dot. */
const thingFor: Readonly<Record<string, 'container' | 'link' | 'repository' | 'stack' | 'swarm'>> = {
  docker: 'container',
  link: 'link',
  git: 'repository',
  compose: 'stack',
  swarm: 'swarm',
};

/** Checks each target against its playbook and rules: whether it has what they speak of. */
export function checkReferences(
  placed: readonly PlacedTarget[],
  rules: readonly PlacedRule[],
  playbooks: Readonly<Record<string, Playbook>>,
  daemon: DaemonPart,
): void {
  for (const { target, place } of placed) {
    const playbook = playbooks[target.playbook];
    for (const lack of playbook === undefined ? [] : lacksFor(playbook, target))
      place.at('playbook').problem(`playbook ${target.playbook} ${lack}`);
    for (const kind of ['container', 'stack', 'swarm'] as const)
      if (target[kind] !== null && daemon.docker === null)
        place.at(kind).problem('needs docker: at the top of this file', 'key');
    for (const { rule } of rules) {
      if (!target.packs.includes(rule.pack)) continue;
      for (const word of missingWords(rule.source.options, target))
        place.warning(
          `rule ${rule.id} needs ${word}, which this target does not have; it will read nothing`,
          'target/missing-word',
          'key',
        );
    }
  }
  const used = new Set(placed.flatMap(({ target }) => target.packs));
  for (const { rule, place } of rules)
    if (daemon.prometheus === null && used.has(rule.pack))
      for (const { at, source } of placedParts(place, rule))
        if (source.kind === 'prometheus')
          at.at('prometheus').problem('needs prometheus: { url: … } in the main file', 'key');
}

/**
 * The target with a playbook for emergencies that it can follow: a pack's own is for another kind of target where it needs
 * what this one does not have, and then the target's playbook is taken. One that is stated has to fit.
 */
export function withFittingEmergency(
  { target, place }: PlacedTarget,
  playbooks: Readonly<Record<string, Playbook>>,
): Target {
  const playbook = playbooks[target.emergencyPlaybook];
  const lacks = playbook === undefined ? [] : lacksFor(playbook, target);
  if (lacks.length === 0 || target.emergencyPlaybook === target.playbook) return target;
  if (!place.has('emergency_playbook')) return { ...target, emergencyPlaybook: target.playbook };
  for (const lack of lacks)
    place.at('emergency_playbook').problem(`playbook ${target.emergencyPlaybook} ${lack}`);
  return target;
}

function lacksFor(playbook: Playbook, target: Target): string[] {
  const checks = playbook.verification.phases.flatMap((phase) => phase.checks);
  const kinds = [
    ...playbook.steps
      .filter(({ kind, options }) => !namesPlace(kind, options))
      .map(({ kind }) => ({ what: `step ${kind}`, kind })),
    ...checks.flatMap((check) =>
      'source' in check && !namesContainer(check.source.options) && !looksAtStack(check.source, target)
        ? [{ what: `check ${check.name}`, kind: check.source.kind }]
        : [],
    ),
  ];
  const lacks = kinds.flatMap(({ what, kind }) => {
    const thing = thingFor[kind.split('.')[0] ?? ''];
    return thing === undefined || target[thing] !== null ? [] : [`needs a ${thing} (${what})`];
  });
  const words = missingWords([playbook.steps.map(({ options }) => options), checks], target);
  return [...new Set(lacks), ...words.map((word) => `needs ${word}`)];
}

/** `git.checkout_paths: { path: /srv/shop }` speaks of a working copy, not of the target's own repository. */
function namesPlace(kind: string, options: unknown): boolean {
  return kind.startsWith('git.') && typeof membersOf(options)['path'] === 'string';
}

/** `docker: { measure: memory, container: cache }` speaks of another container than the target's own. */
function namesContainer(options: unknown): boolean {
  return (
    options !== null &&
    typeof options === 'object' &&
    'container' in options &&
    typeof options.container === 'string'
  );
}

/** Of a stack, `docker:` looks at all its containers. */
function looksAtStack({ kind }: { readonly kind: string }, target: Target): boolean {
  return kind === 'docker' && target.stack !== null;
}

function missingWords(options: unknown, target: Target): string[] {
  return [...wordsIn(options)].filter((word) => {
    const [subject, field = '', name = ''] = word.split('.');
    if (subject !== 'target') return false;
    if (field === 'labels') return target.labels[name] === undefined;
    return (field === 'address' || field === 'container' || field === 'link') && target[field] === null;
  });
}
