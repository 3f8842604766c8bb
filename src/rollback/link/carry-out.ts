import { forgetOthers, readMarker, writeMarker, type Marker } from '../../clients/link/marker.ts';
import { readLink, type LinkPlace } from '../../clients/link/place.ts';
import { linkText, placeLink, prepareLink } from '../../clients/link/switch.ts';
import { crashPoint } from '../../domain/crash-point.ts';
import type { EffectOutcome, ProbeAnswer } from '../../domain/effect.ts';
import { RollbackError } from '../../domain/errors.ts';
import { undoKey, type Move } from './move.ts';
import { restartService, unhealthy, type LinkParts } from './restart.ts';
import { failed } from '../settled.ts';

/**
 * Carries a move out, or goes on with one that was cut off:
 *
 *   switching ─▶ restarting ─▶ waiting ─▶ done
 *                     │           │
 *                     └─────┬─────┘ the restart failed, or the service stayed unhealthy
 *                           ▼
 *                     putting_back ─▶ put_back
 *
 * Each phase is written beside the link before its call, so a restart is never lost; it may be repeated.
 */
export async function carryOut(move: Move, parts: LinkParts, signal: AbortSignal): Promise<EffectOutcome> {
  const marker = (await readMarker(move.link, move.key)) ?? (await begin(move));
  if (marker === null) return movedMeanwhile(move, await readLink(move.link));
  if (marker.phase === 'done') return done(move);
  if (marker.phase === 'put_back') return failed(`${move.link} was put back by an earlier attempt`);
  if (marker.phase === 'putting_back')
    return putBack(move, marker, 'an earlier attempt failed', parts, signal);
  return forward(move, marker, parts, signal);
}

/** Where a move stands; one whose undo has begun is partly there, and not at all once that is done. */
export async function whereabouts(move: Move): Promise<ProbeAnswer> {
  const marker = await readMarker(move.link, move.key);
  const undone = await readMarker(move.link, undoKey(move.opId));
  if (undone !== null) return undone.phase === 'done' ? 'not_done' : 'partial';
  const arrived = (await readLink(move.link)).destination === move.to;
  if (marker === null) return arrived ? 'partial' : 'not_done';
  if (marker.phase === 'put_back') return 'not_done';
  if (marker.phase !== 'done') return 'partial';
  // It happened, and somebody has moved the link since: not ours to judge.
  return arrived ? 'done' : 'unknown';
}

/** The first marker; null when the link is neither where the move starts nor where it ends. */
async function begin(move: Move): Promise<Marker | null> {
  const { destination, text } = await readLink(move.link);
  if (destination !== move.from && destination !== move.to) return null;
  const marker: Marker = {
    opId: move.key,
    link: move.link.slice(move.link.lastIndexOf('/') + 1),
    phase: 'switching',
    previousText: destination === move.to ? await linkText(move.link, text, move.from ?? move.to) : text,
    madeIdentity: null,
  };
  await writeMarker(move.link, marker);
  return marker;
}

async function forward(
  move: Move,
  begun: Marker,
  parts: LinkParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const place = await readLink(move.link);
  if (place.destination !== move.to && place.destination !== move.from) return movedMeanwhile(move, place);
  let marker = begun;
  if (place.destination !== move.to) {
    marker = await switchTo(move, begun, await linkText(move.link, place.text, move.to));
    crashPoint('effect.call.between');
  }
  if (marker.phase !== 'waiting') {
    marker = await enter(move, marker, 'restarting');
    const problem = await restartService(move, parts, signal);
    crashPoint('effect.call.between');
    if (problem !== null) return putBack(move, marker, problem, parts, signal);
    marker = await enter(move, marker, 'waiting');
  }
  const problem = await unhealthy(move, parts, signal);
  if (problem !== null) return putBack(move, marker, problem, parts, signal);
  await enter(move, marker, 'done');
  await forgetOthers(move.link, (key) => key.startsWith(`${move.step.incident}/`));
  return done(move);
}

async function putBack(
  move: Move,
  from: Marker,
  why: string,
  parts: LinkParts,
  signal: AbortSignal,
): Promise<EffectOutcome> {
  const { previousText } = from;
  if (previousText === null)
    throw new RollbackError('EFFECT_UNKNOWN', `${why}; there was no link before, so none can be put back`);
  const marker = await enter(move, from, 'putting_back');
  if ((await readLink(move.link)).text !== previousText) {
    await switchTo(move, marker, previousText);
    crashPoint('effect.call.between');
  }
  const problem = await restartService({ ...move, to: move.from ?? '' }, parts, signal);
  crashPoint('effect.call.between');
  if (problem !== null)
    throw new RollbackError('EFFECT_UNKNOWN', `${why}; ${move.link} was put back, but then ${problem}`);
  await enter(move, marker, 'put_back');
  return failed(`${why}; ${move.link} was put back to ${previousText}`);
}

async function switchTo(move: Move, marker: Marker, text: string): Promise<Marker> {
  const prepared = await prepareLink(move.link, text, move.key);
  const marked = { ...marker, madeIdentity: prepared.identity };
  await writeMarker(move.link, marked);
  await placeLink(prepared, move.link);
  return marked;
}

async function enter(move: Move, marker: Marker, phase: Marker['phase']): Promise<Marker> {
  const entered = { ...marker, phase };
  await writeMarker(move.link, entered);
  return entered;
}

function done(move: Move): EffectOutcome {
  const restarted = move.options.restart === 'none' ? '' : ', and the service was restarted';
  return { ended: 'done', detail: `${move.link} leads to ${move.to}${restarted}` };
}

function movedMeanwhile(move: Move, place: LinkPlace): EffectOutcome {
  const now = place.destination ?? 'nowhere';
  return failed(
    `${move.link} leads to ${now}, not to ${move.from ?? 'nowhere'}: somebody else moved it; nothing was changed`,
  );
}
