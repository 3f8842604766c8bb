import { wordFlaw } from '../../../src/clients/exposition/flaw.ts';
import type { PageFormat } from '../../../src/clients/exposition/format.ts';
import { readPage } from '../../../src/clients/exposition/read-page.ts';

/** Reads a page and says each sample in one line, as `name{label="value"} number @ms`; a flaw is one line of its own. */
export function told(body: string, format: PageFormat = 'text'): string[] {
  const read = readPage(body, format);
  if ('problem' in read) return [wordFlaw(read)];
  return read.map(({ labels, value, timestamp }) => {
    const { __name__: name, ...rest } = labels;
    const pairs = Object.entries(rest).map(([label, text]) => `${label}=${JSON.stringify(text)}`);
    return `${name}{${pairs.join(',')}} ${value}${timestamp === null ? '' : ` @${timestamp}`}`;
  });
}
