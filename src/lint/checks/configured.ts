import type { Check, Hit } from '../check.ts';

/** What reading the configuration itself warned of, by its code. */
function warned(code: string, explained: Omit<Check, 'gravity' | 'find'>): Check {
  return {
    gravity: 'warning',
    ...explained,
    *find({ configuration, files }): Generator<Hit> {
      for (const { code: said, file, line, column, message } of configuration.warnings) {
        const source = files.find(({ name }) => name === file);
        if (said !== code || source === undefined) continue;
        const from = source.offsetOf(line, column);
        yield { at: { file: source, from, to: from + wordLength(source.line(line), column) }, message };
      }
    },
  };
}

/** The key or value that a warning points at has a start only; the word there is meant. */
function wordLength(line: string, column: number): number {
  return /^[\w.%/-]+/.exec(line.slice(column - 1))?.[0].length ?? 1;
}

/** What the reader of the configuration warns of. */
export const configured = {
  'rule/objective': warned('rule/objective', {
    why: 'The objective of the playbook is missed even when everything goes as it should, so every rollback by this rule counts as late.',
    remedy: 'Shorten the range, `for` or recover, or state an objective that the rule can meet.',
  }),
  'rule/level-order': warned('rule/level-order', {
    why: 'The highest level that fires decides; where the milder one is the harder to reach, it never shows.',
    remedy: 'Give the worse severity the threshold that is further away.',
  }),
  'rule/recover-overlap': warned('rule/recover-overlap', {
    why: 'A value between the two thresholds is both a breach and recovered, so the incident may end while it still breaches.',
    remedy: 'Put recover on the good side of every level.',
  }),
  'rule/threshold-unit': warned('rule/threshold-unit', {
    why: 'A share is a number from 0 to 1; a bare number above that means hundreds of percent.',
    remedy: 'Write the threshold with %.',
  }),
  'rule/unused-baseline': warned('rule/unused-baseline', {
    why: 'A baseline is what thresholds in times are compared with; none of the levels has one.',
    remedy: 'Write a threshold in times, e.g. above: 3x, or take the baseline out.',
  }),
  'check/left-out': {
    ...warned('check/left-out', {
      why: 'The check waits for a variable that is not there, so a rollback counts as verified without it.',
      remedy: 'Give the daemon the variable, or take the check out.',
    }),
    gravity: 'info',
  },
  'target/missing-word': warned('target/missing-word', {
    why: 'The template has no value for this target, so the rule is never read for it.',
    remedy: 'Give the target what the rule speaks of, or take the pack off it.',
  }),
  'target/unknown-store': warned('target/unknown-store', {
    why: 'What is asked of a data store that is not there stays unknown, and a step that needs it is refused in the middle of the night.',
    remedy: 'Add it to data_stores or backups.recipes of the main file, or correct the name.',
  }),
  'target/shared-labels': warned('target/shared-labels', {
    why: 'Series are mapped to targets by labels; targets with the same labels breach together, whichever is broken.',
    remedy: 'Give each target labels of its own.',
  }),
  'target/no-critical': warned('target/no-critical', {
    why: 'A release is proven good while a critical rule reads ok; without one there is never a release to go back to.',
    remedy: 'Name a pack with a critical level, or mark releases with rollbackd release good.',
  }),
  'target/none': warned('target/none', {
    why: 'A daemon without targets watches nothing.',
    remedy: 'Add a target.',
  }),
  'slack/no-approvers': warned('slack/no-approvers', {
    why: 'The cards have buttons, and every click on them is refused.',
    remedy: 'Name people or user groups in approvers.',
  }),
  'notify/nobody-told': warned('notify/nobody-told', {
    why: 'A question that nobody hears of is never answered: it ends by its otherwise.',
    remedy: 'Configure a channel of the team, or let a route lead to one.',
  }),
  'scrape/memory': warned('scrape/memory', {
    why: 'Samples are kept in memory; a daemon that is killed for want of it watches nothing.',
    remedy: 'Lower max_series or retention, scrape less often, or make sure that the machine has as much.',
  }),
} as const satisfies Record<string, Check>;
