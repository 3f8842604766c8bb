import { connect, isIP, type Socket } from 'node:net';
import type { EmailChannel } from '../../domain/notification.ts';
import { SECOND } from '../../domain/time.ts';
import type { Mail } from './mail.ts';

/** Where and as whom mails are handed in. */
export interface SmtpOptions extends Pick<EmailChannel, 'server' | 'user' | 'password'> {
  /** Certificates to trust, in PEM, in the place of the system's. */
  readonly ca?: string;
}

/** What became of a mail that the server took, for some receivers at least. */
export interface Submission {
  /** `bob@shop.example: 550 no such user` */
  readonly refused: readonly string[];
}

/** Between two words of the server. */
const silenceMs = 15 * SECOND;

/**
 * Hands one mail to the server, over a connection of its own. With `smtp:` the connection is encrypted where the server
 * offers it, and always before a password is sent to another machine; with `smtps:` from its first byte. Certificates
 * are checked. Rejects with the library's error; the signal ends it at once.
 */
export async function submit(options: SmtpOptions, mail: Mail, signal: AbortSignal): Promise<Submission> {
  const { createTransport } = await import('nodemailer');
  signal.throwIfAborted();
  const { host, port, secure } = endpointOf(options.server);
  const socket = connect({ host, port });
  // The library listens later; what happens before is told by its own attempt to write.
  socket.on('error', () => {});
  const cut = (): void => void socket.destroy();
  signal.addEventListener('abort', cut, { once: true });
  try {
    await connected(socket);
    const transport = createTransport({
      host,
      port,
      secure,
      requireTLS: options.user !== null && !isLoopback(host),
      ...authOf(options),
      tls: {
        ...(isIP(host) === 0 ? { servername: host } : {}),
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
      getSocket: (_: unknown, done: (error: null, found: { readonly connection: Socket }) => void) =>
        done(null, { connection: socket }),
      greetingTimeout: silenceMs,
      socketTimeout: silenceMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    const { to, attachments, headers, ...rest } = mail;
    const sent = await transport.sendMail({
      ...rest,
      to: [...to],
      attachments: [...attachments],
      headers: { ...headers },
    });
    return { refused: (sent.rejectedErrors ?? []).map(refusal) };
  } finally {
    signal.removeEventListener('abort', cut);
    socket.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  socket.once('close', () => reject(new Error('the connection was cut')));
  return promise;
}

/** Host without brackets, port and whether it is encrypted from the first byte. */
export function endpointOf(server: string): {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
} {
  const { hostname, port, protocol } = new URL(server);
  const secure = protocol === 'smtps:';
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (secure ? 465 : 587), secure };
}

function authOf({ user, password }: SmtpOptions) {
  return user === null || password === null ? {} : { auth: { user, pass: password.reveal() } };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function refusal(error: Error & { readonly recipient?: string; readonly response?: string }): string {
  return `${error.recipient ?? 'a receiver'}: ${error.response ?? error.message}`.slice(0, 300);
}
