import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A mail server on loopback that keeps what it was handed, and speaks as told. */
export async function mailServer(options: SMTPServerOptions = {}) {
  const mails: {
    readonly from: string;
    readonly to: readonly string[];
    readonly raw: string;
    readonly secure: boolean;
  }[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    onAuth: ({ username = '', password = '' }, _, done) => {
      logins.push(`${username} ${password}`);
      done(null, { user: username });
    },
    onData: (stream, { envelope, secure }, done) => {
      let raw = '';
      stream.setEncoding('utf8').on('data', (part: string) => (raw += part));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), raw, secure });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  return {
    mails,
    logins,
    port: (server.server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** The header fields of a mail by name in lower case, unfolded. */
export function headersOf(raw: string): Readonly<Record<string, string>> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replaceAll(/\r\n[ \t]+/g, ' ');
  return Object.fromEntries(
    head.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

/** Every part of a mail, decoded, with its type. */
export function partsOf(raw: string): { readonly type: string; readonly content: string }[] {
  const boundaries = [...raw.matchAll(/boundary="([^"]+)"/g)].map(([, boundary = '']) => boundary);
  const pieces = boundaries.reduce(
    (rest, boundary) =>
      rest.flatMap((piece) => piece.split(new RegExp(`\r\n--${escaped(boundary)}(?:--)?(?:\r\n|$)`))),
    [`\r\n${raw}`],
  );
  return pieces.flatMap((piece) => {
    const end = piece.indexOf('\r\n\r\n');
    const head = headersOf(`${piece.trimStart()}\r\n\r\n`);
    const type = head['content-type'] ?? '';
    if (end === -1 || type === '' || type.startsWith('multipart')) return [];
    return [{ type, content: decoded(piece.slice(end + 4), head['content-transfer-encoding'] ?? '7bit') }];
  });
}

function decoded(content: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(content, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return content;
  const bytes = content
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
