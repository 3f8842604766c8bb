import { timingSafeEqual } from 'node:crypto';
import { controlKeys, type OneTimeCode } from '../domain/controls.ts';
import type { Actor } from '../domain/command.ts';
import { MINUTE } from '../domain/time.ts';
import type { Book } from './book.ts';
import type { Case } from './case.ts';
import type { Core } from './core.ts';
import type { Turn } from './turn.ts';

/** Long enough to read a code out on the telephone, and to type it. */
const goodForMs = 10 * MINUTE;
/** Wrong guesses at one question. Then its codes are void: of 100 million, five tries find none. */
const mostFailures = 5;
/** People who could be asked at once about one question. */
const mostCodes = 20;
const validName = /^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u;

interface CodeRequest {
  readonly incident: string;
  readonly name: string;
  readonly role: 'approver' | 'dba' | 'admin';
}

/** Where codes come from, and how they are kept. */
export interface CodeMaking {
  /** Eight digits, each time others. */
  draw(): string;
  /** A keyed hash: who has the store alone cannot try all codes. */
  hash(text: string): string;
}

/** A code with which the person who is named may answer the open question of an incident, once. */
export function makeCode(
  core: Core,
  making: CodeMaking,
  { incident, name, role }: CodeRequest,
  actor: Actor,
): Promise<{ readonly code: string; readonly expiresAt: number } | { readonly refused: string }> {
  return core.turn((turn) => {
    forgetOldCodes(turn, core.book);
    const open = core.book.find(incident);
    const problem = whyNotMade(core.book, open, { incident, name }, actor);
    if (open?.approval === null || open === null || problem !== null) return { refused: problem ?? '' };
    const { ticket, id: question } = open.approval.context;
    const code = drawFresh(core.book, making, ticket);
    const expiresAt = turn.at + goodForMs;
    const kept: OneTimeCode = {
      name,
      role,
      ticket,
      hash: making.hash(textOf(ticket, name, code)),
      expiresAt,
      failures: 0,
      usedAt: null,
    };
    turn.control(controlKeys.code(core.parts.ids.unguessable()), { ...kept });
    turn.note(
      {
        type: 'code.made',
        message: `${actor.name} made a one-time code with which ${name} may answer as ${role}`,
        facts: { by: actor.name, name, role, question, expiresAt },
      },
      open,
    );
    return { code, expiresAt };
  });
}

/** Whom a code stands for. It counts once; a wrong guess counts against every code of the question. */
export function useCode(
  core: Core,
  making: Pick<CodeMaking, 'hash'>,
  ticket: string,
  guess: string,
): Promise<Actor | { readonly refused: string }> {
  return core.turn((turn) => {
    const open = core.book.open().find((one) => asks(one, ticket));
    // Who does not even know of an open question is not worth a line.
    if (open === undefined) return { refused: 'the question is over, or there never was one' };
    const live = codesOf(core.book, ticket).filter(([, code]) => isLive(code, turn.at));
    const matching = live.filter(([, { name, hash }]) =>
      equal(hash, making.hash(textOf(ticket, name, guess))),
    );
    const [match] = matching;
    if (match === undefined) return refuse(turn, open, live);
    const [key, code] = match;
    turn.control(key, { ...code, usedAt: turn.at });
    const { name, role } = code;
    turn.note(
      { type: 'code.used', message: `${name} used a one-time code`, facts: { by: name, role } },
      open,
    );
    return { name, role };
  });
}

/** Forgets codes that can no longer be used. */
export function forgetOldCodes(turn: Turn, book: Book): void {
  for (const [key, { expiresAt }] of book.controlsOf<OneTimeCode>('code:'))
    if (expiresAt <= turn.at) turn.control(key, null);
}

function refuse(turn: Turn, open: Case, live: readonly Kept[]): { readonly refused: string } {
  for (const [key, code] of live) turn.control(key, { ...code, failures: code.failures + 1 });
  const left = live.filter(([, { failures }]) => failures + 1 < mostFailures).length;
  const message =
    live.length === 0
      ? 'a one-time code was refused: no code of this question can be used'
      : `a one-time code was refused: it is wrong${left === 0 ? '; after five wrong ones every code of the question is void' : ''}`;
  turn.note({ type: 'code.refused', message, facts: { live: left } }, open);
  return { refused: 'the code is wrong, used, or too old: ask for another one' };
}

function whyNotMade(
  book: Book,
  open: Case | null,
  { incident, name }: Pick<CodeRequest, 'incident' | 'name'>,
  { name: by, role }: Actor,
): string | null {
  if (role !== 'admin') return `${by} is ${role} and may not make codes`;
  if (!validName.test(name)) return 'a code is for somebody: a name of letters, digits, spaces and . _ @ -';
  if (open === null) return `there is no open incident ${incident}`;
  if (open.approval?.value !== 'open') return `nothing is asked about ${incident}`;
  const { ticket } = open.approval.context;
  if (ticket === '')
    return 'this question was asked before there were codes: answer it with rollbackd approve';
  return codesOf(book, ticket).length >= mostCodes ? `the question has ${mostCodes} codes already` : null;
}

/** Two people of one question never hold the same digits. */
function drawFresh(book: Book, making: CodeMaking, ticket: string): string {
  const taken = codesOf(book, ticket);
  for (;;) {
    const code = making.draw();
    if (!taken.some(([, { name, hash }]) => equal(hash, making.hash(textOf(ticket, name, code)))))
      return code;
  }
}

type Kept = readonly [key: string, code: OneTimeCode];

function codesOf(book: Book, ticket: string): readonly Kept[] {
  return [...book.controlsOf<OneTimeCode>('code:')].filter(([, code]) => code.ticket === ticket);
}

function isLive({ expiresAt, failures, usedAt }: OneTimeCode, at: number): boolean {
  return usedAt === null && failures < mostFailures && at < expiresAt;
}

function asks({ approval }: Case, ticket: string): boolean {
  return ticket !== '' && approval?.value === 'open' && approval.context.ticket === ticket;
}

/** What is hashed: a code of one question says nothing at another, nor for another person. */
function textOf(ticket: string, name: string, code: string): string {
  return JSON.stringify([ticket, name, code]);
}

function equal(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}
