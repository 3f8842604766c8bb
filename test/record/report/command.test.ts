import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportOf } from '../../../src/record/report/report.ts';
import { terminal } from '../../cli/terminal.ts';
import { aDirectory } from '../../rollback/a-directory.ts';
import { approved, inputOf } from './incidents.ts';

const report = reportOf(inputOf(approved));

/** A daemon with one incident. */
async function daemonWithOne() {
  const at = await terminal();
  at.daemon.incidentViews = [approved];
  at.daemon.reportOf = report;
  return at;
}

test('without an incident, the newest one is reported, as Markdown', async () => {
  await using at = await daemonWithOne();

  expect(await at.ask('report')).toEqual({ code: 0, out: report.markdown, err: '' });
  expect(at.daemon.log.at(-1)).toBe('report i-7k3f9a');
});

test('as a page, and into a file', async () => {
  await using at = await daemonWithOne();
  const path = join(aDirectory(), 'report.html');

  expect(await at.ask('report i-7k3f9a --html')).toEqual({ code: 0, out: report.html, err: '' });
  expect(await at.ask(`report i-7k3f9a --html --output ${path}`)).toEqual({
    code: 0,
    out: `ok  ${path}\n`,
    err: '',
  });
  expect(readFileSync(path, 'utf8')).toBe(report.html);
});

test('as JSON both forms come at once', async () => {
  await using at = await daemonWithOne();

  expect(JSON.parse((await at.ask('report --json')).out)).toEqual(report);
});

test('a file that cannot be written is an error', async () => {
  await using at = await daemonWithOne();
  const path = join(aDirectory(), 'nowhere', 'report.md');

  expect(await at.ask(`report --output ${path}`)).toEqual({
    code: 2,
    out: '',
    err: `rollbackd: --output: ENOENT: no such file or directory, open '${path}' [USAGE]\n`,
  });
});

test('an incident that there is not is an error', async () => {
  await using at = await terminal();

  expect((await at.ask('report')).err).toBe('rollbackd: there has been no incident yet [NOT_FOUND]\n');
  expect((await at.ask('report i-0')).err).toBe(
    'rollbackd: there is no incident i-0; `rollbackd incidents` lists them [NOT_FOUND]\n',
  );
});

test('over the API each form comes as it is, and a page may do nothing there', async () => {
  await using at = await daemonWithOne();
  const get = (query: string) => fetch(`${at.url}/api/v1/incidents/i-7k3f9a/report${query}`);

  const [markdown, html] = [await get('?format=markdown'), await get('?format=html')];

  expect(markdown.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
  expect(await markdown.text()).toBe(report.markdown);
  expect(html.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(html.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'unsafe-inline'; .*; sandbox$/,
  );
  expect(await html.text()).toBe(report.html);
  expect((await get('?format=pdf')).status).toBe(400);
});
