import { z } from 'zod';
import { RollbackError } from '../domain/errors.ts';
import type { Daemon } from '../domain/ports/daemon.ts';
import { about, type Api } from './route.ts';
import { limit, whole, word } from './words.ts';

const said = z
  .enum(['true', 'false'])
  .optional()
  .transform((yes) => yes === 'true');
const incidentsQuery = z.strictObject({
  open: said,
  target: word.optional(),
  limit: limit('50'),
});
const journalQuery = z.strictObject({
  after: whole.optional(),
  incident: word.optional(),
  limit: limit('100'),
});
const planQuery = z.strictObject({
  to: word.optional(),
  playbook: word.optional(),
  emergency: said,
});
const migrationQuery = z.strictObject({ recipe: word.optional(), again: said });
const gateQuery = z.strictObject({ release: word.optional() });
const explainQuery = z.strictObject({ rule: word, target: word.optional(), at: whole.optional() });
const rtoQuery = z.strictObject({ target: word.optional(), sinceMs: whole.optional() });
const ofTarget = z.object({ target: word });
const ofIncident = z.object({ id: word });

/** Everything that can be looked at, under `/api/v1`. A viewer may. */
export function addViews(api: Api, daemon: Daemon): void {
  api.get(
    '/status',
    {
      config: about('What the daemon watches and how it stands', 'Status'),
    },
    () => daemon.status(),
  );
  api.get('/doctor', { config: about('Whether everything can be reached', 'Doctor') }, () => daemon.doctor());
  api.get(
    '/explain',
    { schema: { querystring: explainQuery }, config: about('Why a rule fires, or why not', 'Explanation') },
    ({ query: { rule, target, at } }) =>
      daemon.explain({ rule, target: target ?? null, at: at === undefined ? null : Number(at) }),
  );
  api.get(
    '/rto',
    { schema: { querystring: rtoQuery }, config: about('How long recoveries took', 'Rto') },
    ({ query: { target, sinceMs } }) =>
      daemon.rto({
        ...(target === undefined ? {} : { target }),
        ...(sinceMs === undefined ? {} : { sinceMs: Number(sinceMs) }),
      }),
  );
  addJournalViews(api, daemon);
  addIncidentViews(api, daemon);
  addTargetViews(api, daemon);
}

function addJournalViews(api: Api, daemon: Daemon): void {
  api.get(
    '/journal',
    {
      schema: { querystring: journalQuery },
      config: about('Entries of the journal, oldest first', 'Entries'),
    },
    ({ query: { after, incident, limit } }) =>
      daemon.entries({
        limit,
        ...(after === undefined ? {} : { after: Number(after) }),
        ...(incident === undefined ? {} : { incident }),
      }),
  );
  api.get(
    '/journal/verify',
    { config: about('Whether nobody changed the journal', 'JournalCheck') },
    async () => {
      const broken = await daemon.verifyJournal();
      return { intact: broken === null, broken };
    },
  );
}

function addIncidentViews(api: Api, daemon: Daemon): void {
  api.get(
    '/incidents',
    { schema: { querystring: incidentsQuery }, config: about('Incidents, newest first', 'Incidents') },
    ({ query: { open, target, limit } }) =>
      daemon.incidents({
        limit,
        ...(open ? { open } : {}),
        ...(target === undefined ? {} : { target }),
      }),
  );
  api.get(
    '/incidents/:id',
    {
      schema: { params: ofIncident },
      config: about('One incident with all that is known of it', 'Incident'),
    },
    async ({ params: { id } }) => {
      const incident = await daemon.incident(id);
      if (incident === null) throw noIncident(id);
      return incident;
    },
  );
}

function addTargetViews(api: Api, daemon: Daemon): void {
  api.get(
    '/targets/:target/plan',
    {
      schema: { params: ofTarget, querystring: planQuery },
      config: about('A dry run: builds the plan, looks at everything, changes nothing', 'Plan'),
    },
    ({ params: { target }, query: { to, playbook, emergency } }) =>
      daemon.plan({
        target,
        to: to ?? null,
        playbook: playbook ?? null,
        ...(emergency ? { emergency } : {}),
      }),
  );
  api.get(
    '/targets/:target/migration',
    {
      schema: { params: ofTarget, querystring: migrationQuery },
      config: about('The migration that is open, and what a new one would find', 'Migration'),
    },
    ({ params: { target }, query: { recipe, again } }) =>
      daemon.migration({ target, recipe: recipe ?? null, again }),
  );
  api.get(
    '/targets/:target/releases',
    { schema: { params: ofTarget }, config: about('The releases of a target', 'Releases') },
    ({ params: { target } }) => daemon.releases(target),
  );
  api.get(
    '/targets/:target/gate',
    {
      schema: { params: ofTarget, querystring: gateQuery },
      config: about('Whether something may be deployed now', 'Gate'),
    },
    ({ params: { target }, query: { release } }) => daemon.gate(target, release ?? null),
  );
}

/** Said wherever an incident is named that there is not. */
export function noIncident(id: string): RollbackError {
  return new RollbackError('NOT_FOUND', `there is no incident ${id}; \`rollbackd incidents\` lists them`, {
    incident: id,
  });
}
