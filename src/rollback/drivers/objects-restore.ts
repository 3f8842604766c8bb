import type { EffectRecords } from '../../clients/files/records.ts';
import type { Step, StepFacts } from '../../domain/plan.ts';
import type { Driver } from '../../domain/ports/driver.ts';
import { MINUTE } from '../../domain/time.ts';
import { compare } from '../objects/history.ts';
import { objectOptions, type ObjectOptions } from '../objects/options.ts';
import { entriesUnder, instantOf, storeOf, type ObjectMeans } from '../objects/reading.ts';
import { noteOf, nothingThen, restoreObjects, tooMany, undoObjects } from '../objects/restoring.ts';
import { settled } from '../settled.ts';
import { asShell } from './shell-text.ts';

export interface ObjectParts extends ObjectMeans {
  readonly records: EffectRecords;
}

/** S3 refuses to copy more in one call. */
const mostCopiedBytes = 5 * 1024 ** 3;
/** So many keys are named in a description. */
const mostNamed = 5;

/**
 * Brings the objects under a prefix back to the versions of an instant. Nothing is removed: an older version comes back
 * as a copy over the newer one, a hidden object keeps its versions, and undoing goes forward again. That is why it is
 * `disruptive` and not `destructive-data`.
 */
export function objectsRestoreDriver(parts: ObjectParts): Driver<ObjectOptions> {
  return {
    kind: 'objects.restore',
    effect: 'probe',
    risk: 'disruptive',
    options: objectOptions,
    deadlineMs: 30 * MINUTE,
    needsRelease: false,
    async read(step, signal) {
      const found = await lookAt(step, parts, signal);
      if ('problem' in found) return { identity: 'no objects', detail: { problem: found.problem } };
      const { changes, newer, at, shown } = found;
      // A plan that is shown before there is an incident is the plan that is then followed.
      const { at: stated } = objectOptions.parse(step.options);
      const instant = stated === 'before_incident' ? stated : new Date(at).toISOString();
      return {
        identity: `${shown} at ${instant}`,
        detail: {
          shown,
          at: new Date(at).toISOString(),
          changed: changes.filter(({ to }) => to !== null).length,
          hidden: changes.filter(({ to }) => to === null).length,
          newer,
          keys: changes.slice(0, mostNamed).map(({ key }) => key),
        },
      };
    },
    preflight: (_step, { detail: { problem } }) =>
      Promise.resolve(typeof problem === 'string' ? [{ level: 'refuse', message: problem }] : []),
    describe(step, { detail }) {
      const { prefix, store } = objectOptions.parse(step.options);
      const { at, problem } = detail;
      if (typeof problem === 'string') return `bring ${prefix} in ${store} back: ${problem}`;
      const when = typeof at === 'string' ? at : 'an instant';
      return `bring ${numberIn(detail, 'changed')} objects under ${prefix} in ${store} back to ${when}${restOf(detail)}; no version is removed`;
    },
    apply: (step, opId, signal) =>
      settled(async () => {
        const options = objectOptions.parse(step.options);
        const [store, at] = [storeOf(options, parts), instantOf(options, step, parts)];
        if (typeof store === 'string') return { ended: 'failed', detail: store, retryable: false };
        if (typeof at === 'string') return { ended: 'failed', detail: at, retryable: false };
        using bucket = await parts.open(store);
        return await restoreObjects({ bucket, records: parts.records, options, at, opId, signal });
      }),
    async probe(_step, opId) {
      const note = await noteOf(parts.records, opId);
      if (note === null) return 'not_done';
      return note.phase === 'done' ? 'done' : 'partial';
    },
    undo: (step, opId, signal) =>
      settled(async () => {
        const options = objectOptions.parse(step.options);
        const store = storeOf(options, parts);
        if (typeof store === 'string') return { ended: 'failed', detail: store, retryable: false };
        using bucket = await parts.open(store);
        return await undoObjects({ bucket, records: parts.records, options, opId, signal });
      }),
    byHand: (step) => byHand(step, parts),
  };
}

/** What a dry run says beside the number of objects that come back. */
function restOf(detail: StepFacts['detail']): string {
  const { keys } = detail;
  const [changed, hidden, newer] = [
    numberIn(detail, 'changed'),
    numberIn(detail, 'hidden'),
    numberIn(detail, 'newer'),
  ];
  const named = Array.isArray(keys) ? keys.map((key) => JSON.stringify(key)) : [];
  const more = changed + hidden - named.length;
  const which = named.length === 0 ? '' : ` (${named.join(', ')}${more > 0 ? `, and ${more} more` : ''})`;
  const hides = hidden === 0 ? '' : `, hide ${hidden} that were not there then`;
  return `${hides}${which}${newer === 0 ? '' : `; ${newer} newer ones stay`}`;
}

function numberIn(detail: StepFacts['detail'], name: string): number {
  const value = detail[name];
  return typeof value === 'number' ? value : 0;
}

type Looked =
  | { readonly problem: string }
  | (ReturnType<typeof compare> & { readonly at: number; readonly shown: string });

async function lookAt(step: Step, parts: ObjectParts, signal: AbortSignal): Promise<Looked> {
  const options = objectOptions.parse(step.options);
  const [store, at] = [storeOf(options, parts), instantOf(options, step, parts)];
  if (typeof store === 'string') return { problem: store };
  if (typeof at === 'string') return { problem: at };
  using bucket = await parts.open(store);
  if (!(await bucket.versioned(signal)))
    return { problem: `${bucket.shown} keeps no versions, so nothing can come back; turn versioning on` };
  const compared = compare(await entriesUnder(bucket, options, signal), at, options.delete_newer);
  if (compared.old === 0) return { problem: nothingThen(options, bucket, at) };
  if (compared.changes.length > options.max) return { problem: tooMany(compared, options) };
  const large = compared.changes.find(({ content }) => (content?.bytes ?? 0) > mostCopiedBytes);
  if (large !== undefined)
    return {
      problem: `${large.key} is larger than 5 GiB, which S3 copies in parts only; bring it back by hand`,
    };
  return { ...compared, at, shown: `${bucket.shown}/${options.prefix}` };
}

function byHand(step: Step, parts: ObjectParts): string[] {
  const options = objectOptions.parse(step.options);
  const store = storeOf(options, parts);
  if (typeof store === 'string') return [`# ${store}`];
  const { bucket, url } = store;
  const aws = ['aws', '--endpoint-url', url, 's3api'];
  return [
    asShell([...aws, 'list-object-versions', '--bucket', bucket, '--prefix', options.prefix]),
    `${asShell([...aws, 'copy-object', '--bucket', bucket])} --key KEY --copy-source ${asShell([bucket])}/KEY?versionId=VERSION`,
  ];
}
