import { isComposed, partsOf } from '../../domain/composition.ts';
import type { Check, Phase } from '../../domain/playbook.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source, Sources } from '../../domain/ports/source.ts';
import type { Verifier } from '../../domain/ports/verifier.ts';
import type { Reading } from '../../domain/reading.ts';
import type { Rule } from '../../domain/rule.ts';
import type { Subject } from '../../domain/target.ts';
import { verifier } from '../../verify/verifier.ts';
import type { Script } from './script.ts';
import { z } from 'zod';

/** Words whose source reads through whoever answers PromQL; all others read what the script says. */
const asked: ReadonlySet<string> = new Set(['prometheus', 'scrape']);

/**
 * The sources with their schemas and units: PromQL reads as ever, through whoever answers it; the others read the
 * script, rule by rule.
 */
export function rehearsedSources(
  sources: Sources,
  rules: readonly Rule[],
  { script, clock }: { readonly script: Script; readonly clock: Clock },
): Sources {
  const owners = new Map(rules.flatMap(partsAndOwner));
  const read = (options: unknown, subjects: readonly Subject[]): ReadonlyMap<string, Reading> => {
    const owner = owners.get(options);
    const at = clock.now();
    return new Map(
      subjects.map(({ name }) => [
        name,
        (owner === undefined ? null : script.read(owner.rule, name, at, owner.part)) ?? unscripted(at),
      ]),
    );
  };
  return Object.fromEntries(
    Object.entries(sources).map(([kind, source]) => [
      kind,
      asked.has(kind)
        ? source
        : { ...source, read: (options, subjects) => Promise.resolve(read(options, subjects)) },
    ]),
  );
}

/** Options tell whose reading is asked for: every rule, and every part of one, has its own. */
function partsAndOwner(
  rule: Rule,
): (readonly [unknown, { readonly rule: Rule; readonly part: number | null }])[] {
  const composed = isComposed(rule.source.kind);
  return partsOf(rule).map(({ source }, part) => [source.options, { rule, part: composed ? part : null }]);
}

function unscripted(at: number): Reading {
  return { kind: 'unknown', at, why: 'never_seen', detail: 'the script says nothing of it' };
}

/** The real verifier; every check passes at its first try, but those of which the script says otherwise. */
export function rehearsedVerifier(clock: Clock, fails: Script['fails']): Verifier {
  const real = verifier({
    clock,
    sources: { scripted: scriptedChecks(clock, fails) },
    connect: () => Promise.resolve({ answer: 'unknown', detail: 'nothing is connected to in a rehearsal' }),
    run: () => Promise.resolve({ exitCode: null, output: '' }),
  });
  return {
    run: (phase, scope, deadlineAt, signal) => real.run(asScripted(phase, fails), scope, deadlineAt, signal),
  };
}

/** A check is known by its name as the playbook has it, and by its name with all templates filled in. */
interface ScriptedCheck {
  readonly fails: boolean;
  readonly name: string;
}

function asScripted(phase: Phase, { checks: failing }: Script['fails']): Phase {
  const checks = phase.checks.map(({ name }): Check => {
    const options: ScriptedCheck = { fails: failing.has(name), name };
    return { name, source: { kind: 'scripted', options }, expect: 'passes' };
  });
  return { ...phase, checks };
}

function scriptedChecks(clock: Clock, { checks }: Script['fails']): Source<ScriptedCheck> {
  return {
    kind: 'scripted',
    options: z.strictObject({ fails: z.boolean(), name: z.string() }),
    seesDeploys: false,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: () => 'script',
    read: ({ fails, name }, subjects) => {
      const passed = !fails && !checks.has(name);
      const detail = passed ? 'passes' : 'fails by the script';
      const reading: Reading = { kind: 'probe', at: clock.now(), passed, detail };
      return Promise.resolve(new Map(subjects.map((subject) => [subject.name, reading])));
    },
  };
}
