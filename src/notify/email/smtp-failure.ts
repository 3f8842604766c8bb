import { RollbackError } from '../../domain/errors.ts';

/** What the library says of a failure. */
interface SmtpFailure {
  readonly code: string;
  /** The server's own code; null when it said nothing. */
  readonly status: number | null;
  readonly said: string;
}

/** Kinds that a person has to look into, whatever the server may say later. */
const words: Readonly<Record<string, string>> = {
  EAUTH: 'it did not accept email.user and email.password',
  ETLS: 'the connection could not be encrypted',
};

/**
 * The failure of a mail, by what the server or the network said. Server answers of 400 to 499, and everything that
 * leaves it open whether there is a server, are tried again; 500 and above are refusals.
 *
 * @param hidden what stands in no error, whoever quotes it
 */
export function smtpError(server: string, thrown: unknown, hidden: readonly string[]): RollbackError {
  const { code, status, said } = failureOf(thrown);
  const what = words[code] ?? (status === null ? 'no mail could be handed in' : 'it did not take the mail');
  const quoted = hidden.reduce((text, secret) => text.replaceAll(secret, '[secret]'), said).slice(0, 300);
  const message = `the mail server ${server}: ${what} (${quoted})`;
  const facts = status === null ? {} : { status };
  if (status !== null && status >= 500) return new RollbackError('REFUSED', `${message}; check email`, facts);
  return new RollbackError('UNREACHABLE', `${message}; it will be sent again`, facts);
}

function failureOf(thrown: unknown): SmtpFailure {
  if (!(thrown instanceof Error)) return { code: '', status: null, said: 'no answer' };
  const { code, responseCode, response } = thrown as Error & Readonly<Record<string, unknown>>;
  return {
    code: typeof code === 'string' ? code : '',
    status: typeof responseCode === 'number' ? responseCode : null,
    said: (typeof response === 'string' && response !== '' ? response : thrown.message)
      .replace(/\s+/g, ' ')
      .trim(),
  };
}

/** The forms in which a password travels. */
export function formsOf(user: string, password: string): readonly string[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [base64(`\0${user}\0${password}`), base64(password), password].filter(({ length }) => length >= 4);
}
