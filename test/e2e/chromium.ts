import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** A public name that leads to this machine: what an attacker's name server would say. */
export const foreignHost = 'attacker.example';

/** Debian's browser. Nothing but what a test opens is asked of the network. */
export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      `--host-resolver-rules=MAP ${foreignHost} 127.0.0.1`,
    ],
  });
}

export interface Phone {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the browser complained about on its console, on any page. */
  readonly complaints: readonly string[];
}

/** A small phone: 360 by 740, without scripts if asked. */
export async function phone(
  browser: Browser,
  { dark = false, scripts = true }: { readonly dark?: boolean; readonly scripts?: boolean } = {},
): Promise<Phone> {
  const context = await browser.newContext({
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    colorScheme: dark ? 'dark' : 'light',
    javaScriptEnabled: scripts,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  return { context, page, complaints };
}
