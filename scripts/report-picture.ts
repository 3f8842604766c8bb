// Photographs the page of a report with Chromium:  node scripts/report-picture.ts OUT.png
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { reportOf } from '../src/record/report/report.ts';
import { approved, inputOf } from '../test/record/report/incidents.ts';

const [out = '', size = '1000,1600', scheme = ''] = process.argv.slice(2);
if (out === '') {
  console.error('usage: node scripts/report-picture.ts OUT.png [WIDTH,HEIGHT] [dark]');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'report-picture-'));
try {
  const page = join(folder, 'report.html');
  writeFileSync(page, reportOf(inputOf(approved)).html);
  const { status, stderr } = spawnSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--hide-scrollbars',
      `--user-data-dir=${folder}`,
      `--window-size=${size}`,
      ...(scheme === 'dark' ? ['--blink-settings=preferredColorScheme=0'] : []),
      `--screenshot=${resolve(out)}`,
      page,
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) {
    console.error(stderr);
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
