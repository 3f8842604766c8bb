import type { Document } from 'mongodb';

/** What a server says no with. */
export class Refusal extends Error {
  readonly answer: Document;

  constructor(answer: Document) {
    super(String(answer['errmsg']));
    this.answer = answer;
  }
}

export function refusal(code: number, codeName: string, errmsg: string): Refusal {
  return new Refusal({ ok: 0, code, codeName, errmsg });
}
