import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../../clients/files/failure.ts';
import { hostPath } from '../../clients/files/host-path.ts';
import type { HttpClient } from '../../clients/http.ts';
import { runPiped } from '../../clients/process/piped.ts';
import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Source } from '../../domain/ports/source.ts';
import type { Reading } from '../../domain/reading.ts';
import { render } from '../../domain/template.ts';
import { SECOND } from '../../domain/time.ts';
import { compilePattern } from '../../promql/matcher.ts';
import { firstDifference, normalised, type Normalising } from './golden-text.ts';
import { noAnswer } from './probing.ts';
import { duration } from './schema.ts';

/** What is compared with what, and what does not matter. */
export interface GoldenOptions extends Normalising {
  /** On the host. */
  readonly golden: string;
  /** A file of the host, an address whose answer, or a program whose output is compared. */
  readonly actual:
    { readonly file: string } | { readonly url: string } | { readonly command: readonly string[] };
  readonly timeoutMs: number;
}

const path = z.string().refine(isAbsolute, { error: 'expected an absolute path of the host' });
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

const goldenOptions: z.ZodType<GoldenOptions> = z
  .strictObject({
    golden: path.describe('The file that says what is right, as the host has it'),
    file: path.optional().describe('A file of the host that must be the same'),
    url: z
      .string()
      .regex(/^(\$\{|https?:\/\/)/, { error: 'expected a URL that begins with http:// or https://' })
      .optional()
      .describe('An address whose answer to GET must be the same, with a status of 200 to 299'),
    command: z
      .array(z.string())
      .min(1)
      .max(100)
      .optional()
      .describe(
        'A program of allowed_programs and its arguments, whose output must be the same and which must end with 0',
      ),
    ignore: z
      .array(pattern)
      .max(20)
      .default([])
      .describe('Lines in which one of these is found do not count, on either side'),
    json: z.boolean().default(false).describe('Both are JSON: spaces and the order of members do not count'),
    timeout: duration({ min: 1, max: 30 * SECOND })
      .default(5 * SECOND)
      .describe('For the answer; 5s unless stated'),
  })
  .transform(({ golden, file, url, command, ignore, json, timeout }, context): GoldenOptions => {
    const rest = { golden, ignore, json, timeoutMs: timeout };
    const actual = [
      ...(file === undefined ? [] : [{ file }]),
      ...(url === undefined ? [] : [{ url }]),
      ...(command === undefined ? [] : [{ command }]),
    ];
    if (actual[0] !== undefined && actual.length === 1) return { ...rest, actual: actual[0] };
    context.addIssue({ code: 'custom', message: 'needs one of file, url or command' });
    return z.NEVER;
  });

const maxBytes = 2 ** 20;
/** All that a program inherits: its output must not depend on who started the daemon. */
const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' };

/**
 * A file, an answer or what a program prints against a golden one. A probe: what differs, a file that is missing, and an address that does not answer as it
 * should fail it. A golden file that cannot be read is `error`, and so is whatever else cannot be looked at.
 */
export function goldenSource(parts: {
  readonly client: HttpClient;
  /** The path of a program that may be run. */
  readonly findProgram: (program: string) => Promise<string>;
  readonly hostRoot: string;
  readonly clock: Clock;
}): Source<GoldenOptions> {
  return {
    kind: 'golden',
    options: goldenOptions,
    seesDeploys: true,
    signal: () => 'probe',
    unit: () => 'number',
    windowMs: () => 0,
    identity: () => 'golden',
    async read(options, subjects, signal) {
      const readings = subjects.map(async ({ name, target }): Promise<[string, Reading]> => {
        const seen = await compare(render(options, { target }), parts, signal);
        return [name, { ...seen, at: parts.clock.now() }];
      });
      return new Map(await Promise.all(readings));
    },
  };
}

type Seen =
  | { readonly kind: 'probe'; readonly passed: boolean; readonly detail: string }
  | { readonly kind: 'unknown'; readonly why: 'error'; readonly detail: string };
type Text = { readonly text: string } | Seen;
type Parts = Parameters<typeof goldenSource>[0];

async function compare(options: GoldenOptions, parts: Parts, signal: AbortSignal): Promise<Seen> {
  const { golden, actual } = options;
  const expected = await fileText(golden, parts.hostRoot, false);
  if (!('text' in expected)) return expected;
  const found = await actualText(actual, options, parts, signal);
  if (!('text' in found)) return found;
  const right = normalised(expected.text, options);
  if (right === null) return unknown(`${golden} is not JSON`);
  const seen = normalised(found.text, options);
  if (seen === null) return probe(false, `is not JSON, unlike ${golden}`);
  const difference = firstDifference(right, seen);
  return probe(
    difference === null,
    difference === null ? `is as ${golden}` : `differs from ${golden} in ${difference}`,
  );
}

function actualText(
  actual: GoldenOptions['actual'],
  options: GoldenOptions,
  parts: Parts,
  signal: AbortSignal,
): Promise<Text> {
  if ('file' in actual) return fileText(actual.file, parts.hostRoot, true);
  if ('url' in actual) return answerText(actual.url, options, parts, signal);
  return outputText(actual.command, options, parts, signal);
}

/** A program that ends with anything but 0 fails; one that could not be run, or printed too much, is not known. */
async function outputText(
  command: readonly string[],
  { timeoutMs }: GoldenOptions,
  { findProgram, clock }: Parts,
  signal: AbortSignal,
): Promise<Text> {
  const unfilled = command.find((word) => word.includes('${'));
  if (unfilled !== undefined) return unknown(`${unfilled} cannot be filled in for this target`);
  try {
    const [program = '', ...rest] = command;
    const run = [await findProgram(program), ...rest];
    const { exitCode, output } = await runPiped({ run, env, deadlineMs: timeoutMs }, clock, signal);
    if (exitCode === null) return probe(false, 'the program was ended by a signal');
    if (exitCode !== 0) return probe(false, `the program ended with ${exitCode}, expected 0`);
    if (Buffer.byteLength(output) > maxBytes) return unknown('the program printed more than 1 MiB');
    return { text: output };
  } catch (error) {
    const late = error instanceof RollbackError && error.code === 'TIMED_OUT';
    return late ? probe(false, messageOf(error)) : unknown(messageOf(error));
  }
}

async function fileText(path: string, hostRoot: string, missingFails: boolean): Promise<Text> {
  try {
    // A pipe would hold a thread of the process until somebody writes into it.
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    await using file = await open(await hostPath(hostRoot, path), flags);
    if (!(await file.stat()).isFile()) return unknown(`${path} is not a regular file`);
    const buffer = Buffer.alloc(maxBytes + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > maxBytes) return unknown(`${path} is larger than 1 MiB`);
    return { text: buffer.toString('utf8', 0, bytesRead) };
  } catch (error) {
    if (hasCode(error, 'ENOENT') && missingFails) return probe(false, `${path} is missing`);
    return unknown(`cannot read ${path}: ${messageOf(error)}`);
  }
}

async function answerText(
  url: string,
  { timeoutMs }: GoldenOptions,
  { client }: Parts,
  signal: AbortSignal,
): Promise<Text> {
  if (url.includes('${')) return unknown(`${url} cannot be filled in for this target`);
  try {
    const { status, body } = await client.request({ method: 'GET', url, timeoutMs, maxBytes, signal });
    if (status < 200 || status > 299) return probe(false, `answered ${status}, expected 2xx`);
    return { text: body };
  } catch (error) {
    const { outcome, detail } = noAnswer(error, timeoutMs);
    return outcome === 'failed' ? probe(false, detail) : unknown(detail);
  }
}

function probe(passed: boolean, detail: string): Seen {
  return { kind: 'probe', passed, detail };
}

function unknown(detail: string): Seen {
  return { kind: 'unknown', why: 'error', detail };
}
