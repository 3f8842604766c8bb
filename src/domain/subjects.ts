import type { Rule } from './rule.ts';
import type { Subject, Target } from './target.ts';

/** What a rule reads for: the targets that name its pack, or the hosts these run on. */
export function subjectsOf(rule: Rule, targets: Readonly<Record<string, Target>>): readonly Subject[] {
  const applies = Object.values(targets).filter(({ packs }) => packs.includes(rule.pack));
  if (rule.scope === 'target') return applies.map((target) => ({ name: target.name, target }));
  const hosts = new Set(applies.map(({ host }) => host));
  return [...hosts].map((host) => ({ name: `host:${host}`, target: null }));
}
