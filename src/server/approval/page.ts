import { Markup, markup } from '../../domain/markup.ts';
import { pageStyle, pageStyleHash } from './style.ts';

/** A page, and the status it is sent with. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Markup;
}

/** What a browser may do with the pages: show them, alone, and send their form back to where they came from. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `default-src 'none'; style-src '${pageStyleHash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  'x-frame-options': 'DENY',
  // Not `no-referrer`: the browser would send `Origin: null` with the form, and its origin could not be checked.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex, nofollow',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

/** The page as HTML: without scripts, and with nothing loaded from anywhere. */
export function htmlOf({ title, body }: Page): string {
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<style>${new Markup(pageStyle)}</style></head><body>
<main>${body}</main>
</body></html>
`.text;
}

/** A name or text from outside: it cannot turn the direction of the words around it. */
export function from(outside: string): Markup {
  return markup`<bdi>${outside}</bdi>`;
}

/** A page that says one thing. */
export function plainPage(status: number, title: string, text: string): Page {
  return {
    status,
    title: `${title} · rollbackd`,
    body: markup`<h1>${title}</h1><p class="panel">${text}</p>`,
  };
}

/** The same for every link that opens nothing, so that it tells nobody whether there ever was such a question. */
export const noSuchQuestion = plainPage(
  404,
  'This link opens nothing',
  'It has expired, was cut off or changed on the way, or never was one. Look for a newer message, or ask those who run rollbackd here.',
);
