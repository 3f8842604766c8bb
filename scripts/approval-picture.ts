// Photographs the approval page on a phone, light and dark:  node scripts/approval-picture.ts OUT.png
import { openChromium, phone } from '../test/e2e/chromium.ts';
import { aQuestion } from '../test/server/approval/a-question.ts';
import { ApprovalServer } from '../test/server/approval/approval-server.ts';

const [out = ''] = process.argv.slice(2);
if (out === '') {
  console.error('usage: node scripts/approval-picture.ts OUT.png');
  process.exit(2);
}
await using server = await ApprovalServer.open(aQuestion());
const browser = await openChromium();
try {
  const pictures: string[] = [];
  for (const dark of [false, true]) {
    const { page, context } = await phone(browser, { dark });
    await page.goto(`${server.origin}${server.path}`);
    const bytes = await page.screenshot({ fullPage: true });
    pictures.push(`<img src="data:image/png;base64,${bytes.toString('base64')}" width="360">`);
    await context.close();
  }
  const sheet = await browser.newPage({ viewport: { width: 790, height: 100 }, deviceScaleFactor: 1 });
  await sheet.setContent(
    `<!doctype html><style>body { margin: 0; padding: 20px; display: flex; align-items: start; gap: 30px; background: #8b93a1 } img { border-radius: 18px }</style>${pictures.join('')}`,
  );
  await sheet.screenshot({ path: out, fullPage: true });
} finally {
  await browser.close();
}
