import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Docker } from '../../clients/docker/docker.ts';
import type { FileRoots } from '../../clients/files/held-folder.ts';
import { cutMark } from '../../clients/docker/log-text.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import { sleep, type Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading, Unknown } from '../../domain/reading.ts';
import type { Subject } from '../../domain/target.ts';
import { DAY, formatDuration, SECOND } from '../../domain/time.ts';
import { render } from '../../domain/template.ts';
import { compilePattern } from '../../promql/matcher.ts';
import { LogFiles } from './log-file.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { duration } from './schema.ts';

/** Which lines are counted, of which container. */
export interface LogsOptions {
  readonly match: string;
  readonly withinMs: number;
  readonly stream: 'stdout' | 'stderr' | null;
  /** null: the target's own. */
  readonly container: string | null;
  /** A file of the host instead; null: a container. */
  readonly file: string | null;
}

const pattern = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      compilePattern(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
    }
  });

const logsOptions: z.ZodType<LogsOptions> = z
  .strictObject({
    match: pattern.describe('A regular expression of RE2 that is found anywhere in a line'),
    within: duration({ min: SECOND, max: DAY }).describe('How far back lines count'),
    stream: z.enum(['stdout', 'stderr']).optional().describe('Only this one; both unless stated'),
    container: z.string().min(1).optional().describe("Name of a container other than the target's own"),
    file: z
      .string()
      .refine(isAbsolute, { error: 'expected an absolute path of the host' })
      .optional()
      .describe('A file of the host inside file_roots, instead of the log of a container'),
  })
  .transform(({ match, within, stream, container, file }, context) => {
    if (file !== undefined && (container !== undefined || stream !== undefined))
      context.addIssue({ code: 'custom', message: 'a file has no container and no stream' });
    return {
      match,
      withinMs: within,
      stream: stream ?? null,
      container: container ?? null,
      file: file ?? null,
    };
  });

/** Of the log of one container and one reading. */
const mostBytes = 2 * 2 ** 20;
/** Characters of a line that are looked at. */
const longestLine = 16_384;
/** Characters that are looked at before others in the daemon have their turn. */
const charactersATurn = 65_536;

/**
 * How many lines of a container's log, or of a file of the host, match a pattern. Its cost grows with the log, never with the cunning of who writes into it.
 *
 * A container that is missing, and one of a logging driver that cannot be read, is unknown; a log too large to be read
 * whole is `insufficient`, since what was not read may match. No line is ever told: logs hold what must not be.
 */
export function logsSource(parts: {
  readonly docker: Docker;
  readonly clock: Clock;
  /** Where files may be read. */
  readonly files: FileRoots;
}): Source<LogsOptions> {
  const once = oneAtATime<Seen>();
  const files = new LogFiles({
    ...parts,
    matching: (text, match, signal) => matching(text, match, parts.clock, signal),
  });
  const look = (options: LogsOptions, subject: Subject, signal: AbortSignal): Promise<Seen> => {
    const { file, match, withinMs } = options;
    if (file === null) return count(options, subject, parts, signal);
    const path = render(file, { target: subject.target });
    if (path.includes('${'))
      return Promise.resolve(unknown('error', `${path} cannot be filled in for ${subject.name}`));
    const lines = { path, match, withinMs };
    return once(JSON.stringify(lines), () => files.count(lines, signal));
  };
  return {
    kind: 'logs',
    options: logsOptions,
    seesDeploys: true,
    signal: () => 'value',
    unit: () => 'number',
    windowMs: ({ withinMs }) => withinMs,
    identity: ({ file }) => (file === null ? 'docker' : 'log files'),
    onTargetsOnly: ({ container, file }) => container === null && file === null,
    async read(options, subjects, signal) {
      const readings = subjects.map(async (subject): Promise<[string, Reading]> => {
        const seen = await look(options, subject, signal);
        return [subject.name, { ...seen, at: parts.clock.now() }];
      });
      return new Map(await Promise.all(readings));
    },
  };
}

type Seen =
  | { readonly kind: 'value'; readonly value: number; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: Unknown; readonly detail: string };

async function count(
  { match, withinMs, stream, container }: LogsOptions,
  subject: Subject,
  { docker, clock }: { readonly docker: Docker; readonly clock: Clock },
  signal: AbortSignal,
): Promise<Seen> {
  const name = container ?? subject.target?.container ?? null;
  if (name === null) return unknown('never_seen', `${subject.name} has no container`);
  try {
    const found = await docker.container(name, signal);
    if (found === null) return unknown('no_data', `there is no container ${name}`);
    // The engine dates lines with the clock of the machine.
    const limits = {
      maxBytes: mostBytes,
      since: clock.wall() - withinMs,
      ...(stream === null ? {} : { stream }),
    };
    const text = await docker.logs(found.id, limits, signal);
    const within = formatDuration(withinMs);
    if (text.startsWith(cutMark))
      return unknown('insufficient', `the log of container ${name} within ${within} is larger than 2 MiB`);
    const value = await matching(text, match, clock, signal);
    const lines = value === 1 ? '1 line' : `${value} lines`;
    return { kind: 'value', value, detail: `${lines} of container ${name} within ${within}` };
  } catch (error) {
    return unknown('error', messageOf(error));
  }
}

/** Takes turns with everything else: a large log and a complicated pattern may take seconds. */
async function matching(text: string, match: string, clock: Clock, signal: AbortSignal): Promise<number> {
  const program = compilePattern(match);
  let count = 0;
  let looked = 0;
  for (const whole of text.split('\n')) {
    const line = whole.slice(0, longestLine);
    if (program.test(line)) count += 1;
    looked += line.length;
    if (looked < charactersATurn) continue;
    looked = 0;
    await sleep(clock, 1, signal);
    if (signal.aborted) throw new RollbackError('ABORTED', 'time was over before the log was looked through');
  }
  return count;
}

function unknown(why: Unknown, detail: string): Seen {
  return { kind: 'unknown', why, detail };
}
