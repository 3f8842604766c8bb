import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { AskedView, MadeCode } from '../../src/domain/ports/daemon.ts';
import { aQuestion } from '../server/approval/a-question.ts';
import { ApprovalServer } from '../server/approval/approval-server.ts';
import { foreignHost, openChromium, phone, type Phone } from './chromium.ts';
import { contrasts } from './contrasts.ts';
import type { DaemonProcess } from './daemon-process.ts';
import { LinkShop } from './link-shop.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await openChromium();
});
afterAll(() => browser.close());

async function onPhone(options?: Parameters<typeof phone>[1]): Promise<Phone> {
  const opened = await phone(browser, options);
  onTestFinished(() => opened.context.close());
  return opened;
}

async function serving(asked: AskedView): Promise<ApprovalServer & { readonly url: string }> {
  const server = await ApprovalServer.open(asked);
  onTestFinished(() => server[Symbol.asyncDispose]());
  return Object.assign(server, { url: `${server.origin}${server.path}` });
}

/** Another site on this machine, with one page. */
async function site(html: string): Promise<string> {
  const server = createServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(html),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://localhost:${(server.address() as AddressInfo).port}/`;
}

const destroying = {
  risk: 'destructive-data',
  steps: ['stop writes to orders', 'restore orders from 10:00'],
  destroys: ['restore orders from 10:00'],
} as const;
const longName = 'the-orders-service-of-the-second-region-'.repeat(4);
const scenes: Readonly<Record<string, AskedView>> = {
  usual: aQuestion(),
  'with long names': aQuestion({
    incident: { target: longName },
    plan: { target: longName, steps: [`recreate ${longName}${longName}`] },
  }),
  'with names from right to left': aQuestion({
    incident: { target: 'חנות \u202eלקוחות' },
    plan: { target: 'חנות', steps: ['\u202e<b>שלום</b>', 'متجر 1 → 2'] },
  }),
  'that destroys data': aQuestion({ plan: destroying }),
  'that is over': aQuestion({ current: false, question: { state: 'expired' } }),
};

const labelsOfFields =
  "[...document.querySelectorAll('input:not([type=hidden])')].map((field) => field.labels.length)";

for (const dark of [false, true])
  test.each(Object.entries(scenes))(
    `a question %s fits a small phone, can be read, and has fields and buttons for thumbs (${dark ? 'dark' : 'light'})`,
    async (_, asked) => {
      const { page, complaints } = await onPhone({ dark });
      const server = await serving(asked);
      for (const path of [server.url, `${server.url}?confirm`]) {
        await page.goto(path);

        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
        const faint = (await page.evaluate(contrasts)).filter(({ ratio }) => ratio < 4.5);
        expect(faint).toEqual([]);
        for (const control of await page.locator('input:not([type=hidden]), button:visible, a').all())
          expect((await control.boundingBox())?.height).toBeGreaterThanOrEqual(44);
        expect(await page.evaluate(labelsOfFields)).not.toContain(0);
      }
      expect(await page.getAttribute('html', 'lang')).toBe('en');
      expect(complaints).toEqual([]);
    },
  );

test('Enter decides nothing: only a button does', async () => {
  const { page } = await onPhone();
  const server = await serving(aQuestion());
  await page.goto(server.url);

  await page.getByLabel('API token or one-time code').fill('secret-of-the-approver');
  await page.getByLabel('API token or one-time code').press('Enter');
  await page.getByLabel('Note').press('Enter');
  await page.waitForLoadState();

  expect(server.decided).toEqual([]);
});

test('what destroys data takes a second page and the name of the target', async () => {
  const { page, complaints } = await onPhone({ scripts: false });
  const server = await serving(scenes['that destroys data'] ?? aQuestion());
  await page.goto(server.url);
  await page.getByRole('link', { name: 'Approve' }).click();

  await page.getByLabel('Type the name of the target').fill('backend');
  await page.getByLabel('API token or one-time code').fill('secret-of-the-dba');
  await page.getByRole('button', { name: 'Approve: destroy this data' }).click();

  expect(page.url()).toBe(server.url);
  expect(server.decided).toEqual([
    'the-dba (dba): approve {"incident":"i-7k3f9a","ticket":"VqSZ8-ZJ3_k1p0a7cQb2Xw","planDigest":"9f8e7d6c5b4a3210","note":""}',
  ]);
  expect(complaints).toEqual([]);
});

test('a form of another site that sends itself decides nothing, not even with a token and all that the page holds', async () => {
  const { page, context } = await onPhone();
  const server = await serving(aQuestion());
  const csrf = /name="csrf" value="([^"]+)"/.exec((await server.get()).text)?.[1] ?? '';
  const fields = { csrf, answer: 'approve', credential: 'secret-of-the-admin' };
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`);
  const evil = await site(
    `<form id="f" method="post" action="${server.url}">${inputs.join('')}</form><script>document.getElementById('f').submit()</script>`,
  );
  await page.goto(server.url);

  const other = await context.newPage();
  const answered = other.waitForResponse((response) => response.request().method() === 'POST');
  await other.goto(evil);

  expect((await answered).status()).toBe(403);
  const body = new URLSearchParams(fields).toString();
  const sneaked = `fetch('${server.url}', { method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '${body}' }).then(() => 'sent', () => 'refused')`;
  const third = await context.newPage();
  await third.goto(await site('<p>quiet</p>'));
  await third.evaluate(sneaked);
  expect(server.decided).toEqual([]);
});

test('another site cannot show the page in a frame', async () => {
  const { page } = await onPhone();
  const server = await serving(aQuestion());
  await page.goto(await site(`<iframe src="${server.url}" width="300" height="600"></iframe>`));

  const [, frame] = page.frames();
  expect(frame?.url()).toBe('chrome-error://chromewebdata/');
  expect(await frame?.content()).not.toContain('Roll back');
});

test('under a foreign name the page shows nothing', async () => {
  const { page } = await onPhone();
  const server = await serving(aQuestion());

  const response = await page.goto(server.url.replace('127.0.0.1', foreignHost));

  expect(response?.status()).toBe(403);
  expect(await page.content()).not.toMatch(/backend|csrf/);
});

const levels = { high: { failures: 2 } };
const roles = { ada: 'admin', bob: 'approver' };

/** A shop whose second release is bad, about which people are asked. */
async function asking(): Promise<{
  readonly shop: LinkShop;
  readonly daemon: DaemonProcess;
  readonly id: string;
}> {
  const shop = await LinkShop.open({ levels, roles });
  const daemon = await shop.start();
  shop.deploy(2);
  const { id } = await daemon.until('people are asked', async () =>
    (await daemon.incidents()).find(({ state }) => state === 'asking'),
  );
  return { shop, daemon, id };
}

async function codeFor(daemon: DaemonProcess, id: string, name: string): Promise<MadeCode> {
  const { output } = await daemon.cli('code', id, '--for', name, '--json');
  return JSON.parse(output) as MadeCode;
}

async function answer(page: Page, button: string, credential: string): Promise<void> {
  await page.getByLabel('API token or one-time code').fill(credential);
  await page.getByRole('button', { name: button }).click();
}

test('a person with a one-time code approves on a phone without scripts, once, and the shop is rolled back', async () => {
  const { shop, daemon, id } = await asking();
  const { code, page: url } = await codeFor(daemon, id, 'carol');
  const { page, complaints } = await onPhone({ scripts: false });
  await page.goto(url);
  await page.reload();
  expect((await daemon.incident(id)).question).toMatchObject({ state: 'open', answers: [] });
  expect(await page.textContent('main')).toContain('Roll back shop?');
  await answer(page, 'Approve', code);

  expect(page.url()).toBe(url);
  expect(await page.textContent('h1')).toBe('shop: approved');
  expect(await page.textContent('main')).toMatch(/carol approved at \d\d:\d\d UTC/);
  await page.goBack();
  expect(await page.textContent('h1')).toBe('shop: approved');
  await daemon.until('it is rolled back', async () => (await daemon.incident(id)).outcome === 'rolled_back');
  expect(shop.linked()).toBe('1');
  expect(complaints).toEqual([]);
  expect((await daemon.incident(id)).question?.answers).toMatchObject([{ by: 'carol', answer: 'approve' }]);
  expect(daemon.output).not.toContain(code);
});

test('a person with a token rejects; who answers later, or from a page that was open before, is told who decided', async () => {
  const { daemon, id } = await asking();
  const { code, page: url } = await codeFor(daemon, id, 'carol');
  const [bob, carol] = [await onPhone(), await onPhone()];
  await bob.page.goto(url);
  await carol.page.goto(url);
  await answer(bob.page, 'Approve', 'token-of-nobody');
  expect(await bob.page.getByRole('alert').textContent()).toMatch(/^That token or code cannot answer/);
  expect(await bob.page.getByLabel('API token or one-time code').inputValue()).toBe('');
  await answer(bob.page, 'Reject', 'token-of-bob-0123456789abcdef');
  expect(await bob.page.textContent('h1')).toBe('shop: rejected');

  await answer(carol.page, 'Approve', code);

  expect(await carol.page.getByRole('alert').textContent()).toMatch(
    /^Already decided: bob rejected at \d\d:\d\d UTC\. Your answer was not taken\.$/,
  );
  await bob.page.reload();
  expect(await bob.page.textContent('h1')).toBe('shop: rejected');
  const incident = await daemon.incident(id);
  expect(incident.question).toMatchObject({ state: 'rejected', answers: [{ by: 'bob', answer: 'reject' }] });
  expect(incident.effects).toEqual([]);
  expect(await daemon.metric('rollbackd_approval_page_total{event="wrong_credential"}')).toBe(1);
  expect(daemon.output).not.toMatch(/token-of-(nobody|bob)/);
});
