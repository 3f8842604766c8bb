import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { Binary, type Document } from 'mongodb';
import { refusal } from './refusal.ts';

const salt = Buffer.from('0123456789abcdef');
const rounds = 4096;

/** One log-in by SCRAM-SHA-256. @see https://www.rfc-editor.org/rfc/rfc5802 */
export class Scram {
  readonly #users: Readonly<Record<string, string>>;
  #first = '';
  #server = '';
  #user = '';

  constructor(users: Readonly<Record<string, string>>) {
    this.#users = users;
  }

  start(payload: string): Document {
    this.#first = payload.replace(/^n,,/, '');
    this.#user = /n=([^,]*)/.exec(this.#first)?.[1] ?? '';
    const nonce = /r=([^,]*)/.exec(this.#first)?.[1] ?? '';
    this.#server = `r=${nonce}fake,s=${salt.toString('base64')},i=${rounds}`;
    return this.#said(this.#server, false);
  }

  /** @throws the refusal of a wrong password */
  finish(payload: string): Document {
    const [unproved = '', proof = ''] = payload.split(',p=');
    const password = this.#users[this.#user];
    const salted = pbkdf2Sync(password ?? '', salt, rounds, 32, 'sha256');
    const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
    const clientKey = hmac(salted, 'Client Key');
    const stored = createHash('sha256').update(clientKey).digest();
    const all = `${this.#first},${this.#server},${unproved}`;
    const signature = hmac(stored, all);
    const wanted = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
    if (password === undefined || Buffer.from(wanted).toString('base64') !== proof)
      throw refusal(18, 'AuthenticationFailed', 'Authentication failed.');
    return this.#said(`v=${hmac(hmac(salted, 'Server Key'), all).toString('base64')}`, true);
  }

  #said(text: string, done: boolean): Document {
    return { conversationId: 1, payload: new Binary(Buffer.from(text)), done };
  }
}
