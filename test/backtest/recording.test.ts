import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Question } from '../../src/backtest/answered.ts';
import type { History, Stretch } from '../../src/backtest/history.ts';
import { recorded, recording, recordingHead } from '../../src/backtest/recording.ts';
import { windowsOf, type Span } from '../../src/backtest/span.ts';
import { DAY, HOUR } from '../../src/domain/time.ts';
import { allOf } from './past.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const span: Span = { fromMs: 0, toMs: 1_200 * DAY, stepMs: HOUR };
const questions: readonly Question[] = [
  { text: 'errors', stepMs: HOUR, backMs: 0 },
  { text: 'sum(', stepMs: HOUR, backMs: 0 },
];

test('a recording gives back what was recorded, window by window', async () => {
  const path = await fileIn();
  const before = await allOf(recorded(history(), { path, span, questions }));

  expect(before.length).toBeGreaterThan(2);
  expect(await allOf(recording(path))).toEqual(before);
  expect(await recordingHead(path)).toEqual({ format: 'rollbackd history', version: 1, ...span });
});

test('a recording that was broken off leaves no file behind', async () => {
  const path = await fileIn();
  const broken = recorded(history(), { path, span, questions });
  await broken.next();
  await broken.return();

  expect(await readdir(join(path, '..'))).toEqual([]);
});

test('a recording that is cut anywhere is refused, and never half believed', async () => {
  const path = await fileIn();
  await allOf(recorded(history(), { path, span, questions }));
  const whole = gunzipSync(await readFile(path));
  for (const share of [0.1, 0.5, 0.9, 0.999]) {
    await writeFile(path, gzipSync(whole.subarray(0, Math.floor(whole.length * share))));
    await expect(allOf(recording(path))).rejects.toThrow(
      `reading the history in ${path}: it ends too early; record it again`,
    );
  }
});

test('what is no recording, and one of a later version, are refused by name', async () => {
  const path = await fileIn();
  await writeFile(path, 'time,value\n1,2\n');
  await expect(recordingHead(path)).rejects.toThrow(`reading the history in ${path}: incorrect header check`);
  await writeFile(path, gzipSync('a text that somebody compressed, longer than a head'));
  await expect(recordingHead(path)).rejects.toThrow(
    `reading the history in ${path}: it is not a recorded history`,
  );
  await writeFile(path, gzipSync(framed({ format: 'rollbackd history', version: 2 })));
  await expect(recordingHead(path)).rejects.toThrow(
    `reading the history in ${path}: it has version 2, and this program reads 1`,
  );
});

async function fileIn(): Promise<string> {
  return join(temporaryFolder('recording'), 'past.rbh');
}

async function* history(): History {
  for (const window of windowsOf(span)) yield stretchOf(window);
}

function stretchOf(window: Stretch['window']): Stretch {
  const count = (window.toMs - window.fromMs) / HOUR;
  const values = Float64Array.from({ length: count }, (_, index) => Math.sin(index));
  const rows = [{ labels: { service: 'shop' }, values, present: new Uint8Array(count).fill(1) }];
  return {
    window,
    answers: new Map([
      [`${HOUR} 0 errors`, { rows, warnings: [] }],
      [`${HOUR} 0 sum(`, { problem: 'answered 400: unexpected end of input' }],
    ]),
  };
}

function framed(what: object): Buffer {
  const text = Buffer.from(JSON.stringify(what));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return Buffer.concat([size, text]);
}
