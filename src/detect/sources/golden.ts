import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { hasCode } from '../../clients/files/failure.ts';
import { hostPath } from '../../clients/files/host-path.ts';
import type { HttpClient } from '../../clients/http.ts';
import { messageOf } from '../../domain/errors.ts';
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
  /** A file of the host, or an address whose answer is compared. */
  readonly actual: { readonly file: string } | { readonly url: string };
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
  .transform(({ golden, file, url, ignore, json, timeout }, context): GoldenOptions => {
    const rest = { golden, ignore, json, timeoutMs: timeout };
    if (file !== undefined && url === undefined) return { ...rest, actual: { file } };
    if (url !== undefined && file === undefined) return { ...rest, actual: { url } };
    context.addIssue({ code: 'custom', message: 'needs one of file or url' });
    return z.NEVER;
  });

const maxBytes = 2 ** 20;

/**
 * A file or an answer against a golden one. A probe: what differs, a file that is missing, and an address that does not answer as it
 * should fail it. A golden file that cannot be read is `error`, and so is whatever else cannot be looked at.
 */
export function goldenSource(parts: {
  readonly client: HttpClient;
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
  const found =
    'file' in actual
      ? await fileText(actual.file, parts.hostRoot, true)
      : await answerText(actual.url, options, parts, signal);
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
