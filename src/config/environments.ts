import { z } from 'zod';
import { knownEnvironments, strictPolicy, type EnvironmentPolicy } from '../domain/environment.ts';
import type { Place } from './place.ts';
import { isName, nameProblem, text } from './scalars.ts';
import { suggestion } from './suggest.ts';

/** The keys of an environment's policy. */
export const environmentShape = {
  like: text
    .optional()
    .describe('The environment that it is like where nothing else is said; production unless stated'),
  backups: z
    .enum(['made', 'skipped'])
    .optional()
    .describe('Whether backups are made, and asked for before data is replaced'),
  asks: z
    .enum(['people', 'nobody'])
    .optional()
    .describe('Who answers questions; with nobody the policy does, at once and with yes'),
};

/** `environments:`, by name, with those that are known without being stated. Each is complete. */
export function readEnvironments(place: Place): Readonly<Record<string, EnvironmentPolicy>> {
  const entries = new Map(place.entries('policies by the name of the environment'));
  const written = new Map(
    [...entries].map(([name, at]) => {
      if (!isName(name)) at.problem(nameProblem, 'key');
      return [name, at.fields(environmentShape)] as const;
    }),
  );
  const names = [...new Set([...Object.keys(knownEnvironments), ...written.keys()])];
  for (const [name, { like }] of written)
    if (like !== undefined && !names.includes(like))
      place
        .at(name)
        .at('like')
        .problem(`there is no environment ${like}${suggestion(like, names)}`);
  const policies = names.map((name) => [name, policyFor(name, written, place)] as const);
  const production = policies.find(([name]) => name === 'production')?.[1] ?? strictPolicy;
  if (production.backups !== 'made' || production.asks !== 'people')
    place
      .at('production')
      .problem('production makes backups and asks people; give what does not another name', 'key');
  return Object.fromEntries(policies);
}

type Written = ReadonlyMap<
  string,
  {
    readonly like?: string | undefined;
    readonly backups?: EnvironmentPolicy['backups'] | undefined;
    readonly asks?: EnvironmentPolicy['asks'] | undefined;
  }
>;

function policyFor(name: string, written: Written, place: Place): EnvironmentPolicy {
  const chain: string[] = [];
  let stated: Partial<EnvironmentPolicy> = {};
  for (let at: string | null = name; at !== null;) {
    if (chain.includes(at)) {
      place
        .at(name)
        .at('like')
        .problem(`leads back to itself: ${[...chain, at].join(' → ')}`);
      return strictPolicy;
    }
    chain.push(at);
    const { like, backups, asks }: NonNullable<ReturnType<Written['get']>> = written.get(at) ?? {};
    stated = { ...(backups && { backups }), ...(asks && { asks }), ...stated };
    if (like === undefined) break;
    at = like;
  }
  const last = chain.at(-1) ?? '';
  const base = Object.hasOwn(knownEnvironments, last) ? knownEnvironments[last] : undefined;
  return { ...(base ?? strictPolicy), ...stated };
}
