import { firesAfterMs } from '../domain/condition.ts';
import type { Playbook } from '../domain/playbook.ts';
import type { Level, Rule } from '../domain/rule.ts';
import { formatDuration } from '../domain/time.ts';
import type { PlacedRule } from './rules.ts';
import type { PlacedTarget } from './targets.ts';

/** Warns of what is allowed but will disappoint: objectives that cannot be met, releases that are never proven. */
export function checkExpectations(
  placed: readonly PlacedTarget[],
  rules: readonly PlacedRule[],
  playbooks: Readonly<Record<string, Playbook>>,
): void {
  const told = new Set<string>();
  for (const { target, place } of placed) {
    const own = rules.filter(({ rule }) => target.packs.includes(rule.pack));
    if (!own.some(({ rule }) => rule.levels.some(({ severity }) => severity === 'critical')))
      place.warning(
        'no rule with a critical level applies: no release is ever proven good by baking',
        'target/no-critical',
        'key',
      );
    for (const { rule, place: at } of own) {
      for (const level of rule.levels) {
        const playbook = playbookFor(level, target.playbook, playbooks);
        if (playbook === undefined) continue;
        const message = lateness(rule, level, playbook);
        if (message === null || told.has(`${rule.id} ${message}`)) continue;
        told.add(`${rule.id} ${message}`);
        at.at('levels').at(level.severity).warning(message, 'rule/objective', 'key');
      }
    }
  }
}

function playbookFor(
  { want }: Level,
  fallback: string,
  playbooks: Readonly<Record<string, Playbook>>,
): Playbook | undefined {
  if (want.action !== 'rollback' && want.action !== 'ask') return undefined;
  return playbooks[want.playbook ?? fallback];
}

/** Verification ends at the earliest when `recover` (or the level's own `for`) has held on readings after the window. */
function lateness(rule: Rule, { severity, condition }: Level, playbook: Playbook): string | null {
  const { settleMs } = playbook.verification;
  const { verificationMs, totalMs } = playbook.objectives;
  const forMs = firesAfterMs(condition, rule.everyMs);
  const ownMs = 'need' in condition ? condition.need.of * rule.everyMs : forMs;
  const recoverMs = rule.recover?.forMs ?? ownMs;
  const proofMs = settleMs + rule.windowMs + recoverMs;
  if (proofMs > verificationMs)
    return (
      `recovery is proven after ${formatDuration(proofMs)} at the earliest (settle ${formatDuration(settleMs)}, ` +
      `window ${formatDuration(rule.windowMs)}, recover ${formatDuration(recoverMs)}); the verification objective ` +
      `of ${playbook.id} is ${formatDuration(verificationMs)}`
    );
  const detectionMs = forMs + 2 * rule.everyMs;
  if (detectionMs + proofMs <= totalMs) return null;
  return (
    `${severity} needs ${formatDuration(detectionMs)} to be detected and ${formatDuration(proofMs)} to be proven ` +
    `recovered; the total objective of ${playbook.id} is ${formatDuration(totalMs)}`
  );
}
