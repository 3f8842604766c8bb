import { readFileSync, writeFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Secret } from '../../src/domain/secret.ts';
import { serving } from '../clients/loopback.ts';
import { anIncident, aPlan } from '../fakes/daemon-views.ts';
import { inProcess, rollbackd, terminal } from './terminal.ts';
import { asked } from './world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const commandLines = [
  [
    'rollback backend --because security --plan 9f8e7d6c5b4a3210',
    'rollback {"target":"backend","because":"security","to":null,"playbook":null,"note":"","planDigest":"9f8e7d6c5b4a3210"}',
  ],
  [
    'rollback backend --because security -m "leaks names" --to r-1 --playbook layra/service',
    'rollback {"target":"backend","because":"security","to":"r-1","playbook":"layra/service","note":"leaks names"}',
  ],
  ['approve i-1 --plan d1 --note yes', 'approve {"incident":"i-1","planDigest":"d1","note":"yes"}'],
  ['reject i-1 --plan d1', 'reject {"incident":"i-1","planDigest":"d1","note":""}'],
  ['hand-over i-1 -m mine', 'hand_over {"incident":"i-1","note":"mine"}'],
  ['prolong i-1', 'prolong {"incident":"i-1","planDigest":null}'],
  ['prolong i-1 --plan d1', 'prolong {"incident":"i-1","planDigest":"d1"}'],
  ['halt -m "moving the database"', 'halt {"note":"moving the database"}'],
  ['unhalt', 'unhalt {"note":""}'],
  ['freeze', 'freeze {"target":null,"forMs":3600000,"note":""}'],
  ['freeze backend --for 1h30m', 'freeze {"target":"backend","forMs":5400000,"note":""}'],
  ['unfreeze backend', 'unfreeze {"target":"backend"}'],
  [
    'silence layra/a backend --for 2h',
    'silence {"rule":"layra/a","target":"backend","forMs":7200000,"note":""}',
  ],
  ['unsilence layra/a', 'unsilence {"rule":"layra/a","target":null}'],
  ['arm layra/a backend', 'arm {"rule":"layra/a","target":"backend"}'],
  ['ack i-1 -m "on it"', 'ack {"incident":"i-1","note":"on it"}'],
  [
    'bug backend LAYRA-12 --by ana -m "cart is empty"',
    'bug {"target":"backend","issue":"LAYRA-12","by":"ana","note":"cart is empty"}',
  ],
  ['bug backend LAYRA-12', 'bug {"target":"backend","issue":"LAYRA-12","by":null,"note":""}'],
  ['deploy begin backend', 'deploy {"target":"backend","phase":"begin"}'],
  [
    'release record backend --commit abc --barrier "migration 42"',
    'release {"action":"record","target":"backend","components":[{"kind":"commit","value":"abc"}],"barrier":"migration 42"}',
  ],
  [
    'release bad backend r-1 -m "loses carts"',
    'release {"action":"bad","target":"backend","release":"r-1","note":"loses carts"}',
  ],
] as const;

test('every command asks the daemon for what was typed, as the holder of the token', async () => {
  const token = 'canary-token-4711';
  const file = join(temporaryFolder('rollbackd'), 'token');
  writeFileSync(file, `${token}\n`);
  await using at = await terminal([{ name: 'alice', role: 'admin', token: new Secret(token) }]);

  for (const [index, [line]] of commandLines.entries()) {
    // What the first does as a process, the others do without one.
    const run = index === 0 ? at.type : at.ask;
    expect({ line, ...(await run(line, { ROLLBACKD_TOKEN_FILE: file })) }).toEqual({
      line,
      code: 0,
      out: 'ok  done\n',
      err: '',
    });
  }
  expect(at.daemon.log).toEqual(commandLines.map(([, asked]) => `alice (admin): ${asked}`));
});

test('a refusal goes to standard error, exits 1, and is JSON when asked for', async () => {
  await using at = await terminal();
  at.daemon.answer = { accepted: false, message: 'halted by bob: no rollback until unhalt', incident: 'i-1' };

  expect(await at.ask('rollback backend --because security')).toEqual({
    code: 1,
    out: '    rollbackd show i-1\n',
    err: 'refused  halted by bob: no rollback until unhalt\n',
  });
  expect(await at.ask('reload --json')).toEqual({
    code: 1,
    out: '{"accepted":false,"message":"halted by bob: no rollback until unhalt","incident":"i-1"}\n',
    err: '',
  });
});

test('approve without --plan approves the plan that it shows, and no other', async () => {
  await using at = await terminal();
  at.daemon.incidentViews = [asked];

  expect(await at.type('approve i-8a2b1c')).toEqual({
    code: 0,
    out: 'ok  done\n',
    err: [
      'plan 9f8e7d6c5b4a3210 (layra/service): shop:2 → shop:1',
      '  1  capture 500 log lines of backend',
      '  2  recreate container backend from shop:1',
      '',
    ].join('\n'),
  });
  expect(at.daemon.log).toEqual([
    'incident i-8a2b1c',
    'local (admin): approve {"incident":"i-8a2b1c","planDigest":"9f8e7d6c5b4a3210","note":""}',
  ]);
});

test('approve of an incident without a question leaves the refusal to the daemon', async () => {
  await using at = await terminal();
  at.daemon.incidentViews = [anIncident({ plan: aPlan({}) })];
  at.daemon.answer = { accepted: false, message: 'i-7k3f9a asks nothing', incident: null };

  expect((await at.ask('approve i-7k3f9a')).err).toBe('refused  i-7k3f9a asks nothing\n');
  expect(at.daemon.log.at(-1)).toBe(
    'local (admin): approve {"incident":"i-7k3f9a","planDigest":null,"note":""}',
  );
});

test.each([
  ['stauts', 'rollbackd: unknown command stauts, did you mean status? [USAGE]'],
  ['frobnicate', 'rollbackd: unknown command frobnicate, `rollbackd help` lists the commands [USAGE]'],
  ['constructor', 'rollbackd: unknown command constructor, `rollbackd help` lists the commands [USAGE]'],
  [
    'plan',
    'rollbackd: plan: TARGET is missing [USAGE]\nusage: rollbackd plan TARGET [--to RELEASE] [--playbook NAME]',
  ],
  [
    'plan a b',
    'rollbackd: plan: unexpected argument b [USAGE]\nusage: rollbackd plan TARGET [--to RELEASE] [--playbook NAME]',
  ],
  [
    'plan a --too b',
    'rollbackd: plan: unknown option --too, did you mean --to? [USAGE]\nusage: rollbackd plan TARGET [--to RELEASE] [--playbook NAME]',
  ],
  [
    'plan a --to -x',
    'rollbackd: plan: --to needs a value: --to RELEASE [USAGE]\nusage: rollbackd plan TARGET [--to RELEASE] [--playbook NAME]',
  ],
  [
    'plan a -x',
    'rollbackd: plan: unknown option -x [USAGE]\nusage: rollbackd plan TARGET [--to RELEASE] [--playbook NAME]',
  ],
  [
    'incidents --open=yes',
    'rollbackd: incidents: --open takes no value [USAGE]\nusage: rollbackd incidents [--open] [--target TARGET] [--limit N]',
  ],
  ['incidents --limit all', 'rollbackd: --limit: expected a whole number from 1 to 1000, got all [USAGE]'],
  [
    'rollback a',
    'rollbackd: --because: expected one of corruption, security, regression, integration, slowdown; it is missing [USAGE]',
  ],
  [
    'rollback a --because boredom',
    'rollbackd: --because: expected one of corruption, security, regression, integration, slowdown; got boredom [USAGE]',
  ],
  ['freeze --for 30', 'rollbackd: --for: expected a duration such as 90s, 2h or 1h30m, got 30 [USAGE]'],
  ['deploy middle a', 'rollbackd: deploy: expected begin or end, got middle [USAGE]'],
  [
    'release record a',
    'rollbackd: release record: say what it consists of: --image, --config, --commit, --link or --schema [USAGE]',
  ],
  [
    'release good a',
    'rollbackd: release good: RELEASE is missing; `rollbackd release list` lists them [USAGE]',
  ],
  ['journal burn', 'rollbackd: journal: expected verify, got burn [USAGE]'],
  ['help stauts', 'rollbackd: unknown command stauts, did you mean status? [USAGE]'],
])('%s is wrong usage', async (line, message) => {
  expect(await inProcess(line.split(' '))).toEqual({ code: 2, out: '', err: `${message}\n` });
});

test('wrong usage with --json is JSON on standard error', async () => {
  expect((await inProcess(['plan', '--json'])).err).toBe(
    '{"code":"USAGE","message":"plan: TARGET is missing\\nusage: rollbackd plan TARGET [--to RELEASE] [--playbook NAME]"}\n',
  );
});

test('help lists every command; no argument at all is wrong usage', async () => {
  const { code, out } = await rollbackd(['help']);
  expect(code).toBe(0);
  expect(out).toMatch(/\n {2}status +What is going on: incidents, questions, targets, releases\n/);
  expect(out).toContain('exit codes: 0 yes, 1 no or refused, 2 wrong usage, 3 daemon unreachable');

  expect(await inProcess([])).toEqual({ code: 2, out: '', err: out });
  expect((await inProcess(['--help'])).out).toBe(out);
});

test('every command explains itself with examples', async () => {
  expect((await inProcess(['freeze', '--help'])).out).toBe(
    [
      'Ask people instead of rolling back, for a time',
      '',
      'usage: rollbackd freeze [TARGET] [--for DURATION] [--note TEXT]',
      '',
      'options:',
      '      --for DURATION  1h unless stated',
      '  -m, --note TEXT     why, for the journal',
      '      --json          print JSON on one line, for programs',
      '  -h, --help          print this',
      '',
      'examples:',
      '  rollbackd freeze --for 4h -m "data centre move"',
      '  rollbackd freeze backend',
      '',
    ].join('\n'),
  );
  expect((await inProcess(['help', 'freeze'])).out).toBe((await inProcess(['freeze', '-h'])).out);
});

test('without a daemon the exit code is 3 and the message says what to do', async () => {
  const ROLLBACKD_URL = 'http://127.0.0.1:9';
  const message =
    'rollbackd: no daemon answers at http://127.0.0.1:9 (ECONNREFUSED); start it with `rollbackd run`, or set ROLLBACKD_URL to where it listens [DAEMON_UNREACHABLE]\n';

  expect(await rollbackd(['status'], { ROLLBACKD_URL })).toEqual({ code: 3, out: '', err: message });
  expect(await inProcess(['halt'], { ROLLBACKD_URL })).toEqual({
    code: 3,
    out: '',
    err: `${message}to halt it all the same, create its halt file: rollbackd halt --file /var/lib/rollbackd/HALT (or what \`halt_file\` says)\n`,
  });
});

test('halt --file works with the daemon down; unhalt --file takes it back', async () => {
  const file = join(temporaryFolder('rollbackd'), 'HALT');
  const environment = { ROLLBACKD_URL: 'http://127.0.0.1:9', USER: 'alice' };

  expect(await rollbackd(['halt', '--file', file, '-m', 'fire'], environment)).toEqual({
    code: 0,
    out: `ok  created ${file}: a daemon whose halt_file it is starts nothing until it is gone (rollbackd unhalt --file ${file})\n`,
    err: '',
  });
  expect(readFileSync(file, 'utf8')).toMatch(/^halted by alice at \d{4}-\d\d-\d\dT[\d:.]+Z: fire\n$/);
  expect((await inProcess(['halt', '--file', file], environment)).out).toBe(
    `ok  ${file} was there already: a daemon whose halt_file it is starts nothing until it is gone\n`,
  );
  expect((await rollbackd(['unhalt', '--file', file])).out).toBe(
    `ok  removed ${file}; a daemon that was also halted by command needs \`rollbackd unhalt\`\n`,
  );
  expect(existsSync(file)).toBe(false);
  expect((await inProcess(['halt', '--file', '/nowhere/HALT'])).err).toBe(
    "rollbackd: cannot create the halt file: ENOENT: no such file or directory, open '/nowhere/HALT'; run this as a user who may, on the daemon's machine [USAGE]\n",
  );
});

test('a wrong token, a missing token file and a strange URL say what to do, without the token', async () => {
  await using at = await terminal([{ name: 'alice', role: 'viewer', token: new Secret('right') }]);
  const file = join(temporaryFolder('rollbackd'), 'token');
  writeFileSync(file, 'canary-wrong-token');
  const run = async (environment: Record<string, string>) => (await at.ask('status', environment)).err;

  const debugged = await at.type('status', { ROLLBACKD_TOKEN_FILE: file, ROLLBACKD_DEBUG: '1' });
  expect(debugged.err).toContain('UNAUTHORIZED');
  expect(debugged.err).not.toContain('canary');
  expect(await run({ ROLLBACKD_TOKEN_FILE: file })).toBe(
    `rollbackd: the daemon at ${at.url} wants a valid token; put it into a file and name the file in ROLLBACKD_TOKEN_FILE [UNAUTHORIZED]\n`,
  );
  expect(await run({ ROLLBACKD_TOKEN_FILE: '/nowhere/token' })).toBe(
    "rollbackd: ROLLBACKD_TOKEN_FILE: ENOENT: no such file or directory, open '/nowhere/token' [USAGE]\n",
  );
  expect(await run({ ROLLBACKD_URL: 'backend:7390' })).toBe(
    'rollbackd: ROLLBACKD_URL: expected a URL such as http://127.0.0.1:7390, got backend:7390 [USAGE]\n',
  );
  writeFileSync(file, 'right');
  expect((await at.ask('halt', { ROLLBACKD_TOKEN_FILE: file })).err).toBe(
    'rollbackd: alice is viewer; this needs the role operator or above [FORBIDDEN]\n',
  );
});

test('another program at the address is not taken for the daemon', async () => {
  const { url } = await serving((_, response) => response.end('{"open":true,"reasons":[]}'));

  expect(await rollbackd(['gate', 'backend'], { ROLLBACKD_URL: url })).toEqual({
    code: 1,
    out: '',
    err: `rollbackd: what answers at ${url} is not a rollbackd API (HTTP 200); check ROLLBACKD_URL [ANSWER_INVALID]\n`,
  });
});

test('a proxy from the environment never sees the call', async () => {
  await using at = await terminal();
  const proxies = { HTTP_PROXY: 'http://127.0.0.1:9', http_proxy: 'http://127.0.0.1:9' };

  expect((await at.type('gate backend', proxies)).code).toBe(0);
});

test('version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect((await rollbackd(['--version'])).out).toBe(`rollbackd ${version} (Node.js ${process.version})\n`);
});
