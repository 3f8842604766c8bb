import { messageOf, RollbackError } from '../../domain/errors.ts';
import type { SlackAppOptions } from './app-channel.ts';
import { storedPlace, type Place } from './place.ts';
import type { WebApi } from './web-api.ts';

export interface Attaching extends Pick<SlackAppOptions, 'store' | 'report' | 'log'> {
  readonly api: WebApi;
  /** Of the channel. */
  readonly name: string;
  readonly incident: string;
  readonly place: Place;
  /** Failed attempts at the closing message. */
  readonly attempts: number;
}

/** The story is told; what belongs to it may fail for a while, but not hold up everything else. */
const mostAttempts = 3;

/**
 * Puts the report into the thread of its incident, as a file, once. Rejects where it may be tried again; where Slack
 * does not take it, that is said in the log.
 */
export async function attachReport(attaching: Attaching, signal: AbortSignal): Promise<void> {
  try {
    await attach(attaching, signal);
  } catch (error) {
    if (isPassing(error) && attaching.attempts < mostAttempts) throw error;
    const { incident, log } = attaching;
    log.warn(
      { incident, error: messageOf(error) },
      `the report on ${incident} was not attached in Slack; rollbackd report ${incident} prints it`,
    );
  }
}

async function attach(attaching: Attaching, signal: AbortSignal): Promise<void> {
  const { place, incident } = attaching;
  if (place.report?.shared === true) return;
  const file = place.report?.file ?? (await upload(attaching, signal));
  if (file === null) return;
  const { api } = attaching;
  const where = { channel_id: place.channel, thread_ts: place.ts };
  const files = [{ id: file, title: `Report on ${incident}` }];
  await api.call('files.completeUploadExternal', { files, ...where }, signal);
  await keep(attaching, { file, shared: true });
}

/** @returns Slack's id of the file, kept before it is shared so that it is shared once; null without a report */
async function upload(attaching: Attaching, signal: AbortSignal): Promise<string | null> {
  const { api, report, incident } = attaching;
  const made = await report(incident);
  if (made === null) return null;
  const content = Buffer.from(made.markdown);
  const wanted = { filename: `${made.name}.md`, length: content.length };
  const { upload_url: url, file_id: file } = await api.call('files.getUploadURLExternal', wanted, signal);
  if (typeof url !== 'string' || typeof file !== 'string')
    throw new RollbackError('REFUSED', 'Slack answered files.getUploadURLExternal without an address');
  await api.upload(url, content, signal);
  await keep(attaching, { file, shared: false });
  return file;
}

async function keep(
  { store, name, incident, place }: Attaching,
  report: NonNullable<Place['report']>,
): Promise<void> {
  await store.putPost(name, incident, storedPlace({ ...place, report }));
}

/** Later it may work: what a person has to repair first, such as a scope, is not waited for. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof RollbackError)) return false;
  return error.code === 'ABORTED' || (error.code === 'UNREACHABLE' && error.facts['repair'] !== true);
}
