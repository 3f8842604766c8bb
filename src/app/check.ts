import { formatProblems } from '../config/format-problems.ts';
import type { Surroundings } from './connections.ts';
import { load } from './load.ts';

export interface Checked {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: unknown;
}

/** The same path as a start, short of starting. */
export async function checkConfiguration(
  options: Surroundings & { readonly path: string },
): Promise<Checked> {
  const loaded = await load(options.path, options);
  if (!loaded.ok) {
    const lines = [
      formatProblems(loaded.problems),
      `${counted(loaded.problems.length, 'problem')}; nothing was started`,
    ];
    return { ok: false, lines, json: { ok: false, problems: loaded.problems, warnings: [] } };
  }
  const { configuration } = loaded;
  const { rules, targets, playbooks, warnings, digest, mode } = configuration;
  const warned = warnings.length === 0 ? [] : [formatProblems(warnings), ''];
  const counts = [
    counted(Object.keys(targets).length, 'target'),
    counted(rules.length, 'rule'),
    counted(Object.keys(playbooks).length, 'playbook'),
  ].join(', ');
  return {
    ok: true,
    lines: [...warned, `${options.path} is fine: ${counts}; mode ${mode}; digest ${digest.slice(0, 12)}`],
    json: {
      ok: true,
      problems: [],
      warnings,
      digest,
      targets: Object.keys(targets),
      rules: rules.map(({ id }) => id),
    },
  };
}

/** `1 problem`, `2 problems`. */
export function counted(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
