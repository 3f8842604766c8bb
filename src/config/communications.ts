import { z } from 'zod';
import {
  announcementNames,
  audiences,
  type Announcement,
  type Communication,
} from '../domain/notification.ts';
import type { Place } from './place.ts';
import { duration, isName, nameProblem, text } from './scalars.ts';
import { nearest } from './suggest.ts';

/** The keys of an announcement. */
export const announcementShape = {
  after: duration.describe('How long after the incident was opened; 0s: at once'),
  to: z.enum(audiences).describe('The team that acts, or those who use what broke'),
  when: z
    .enum(['open', 'closed', 'always'])
    .optional()
    .describe(
      'Only while the incident is open, only once it is closed (and then as soon as it is), or in any case; always unless stated',
    ),
  say: text.describe(`One line; may hold ${announcementNames.map((word) => `\${${word}}`).join(' ')}`),
};

/** The communication plans of one pack, as far as they could be read. */
export function readCommunications(place: Place, pack: string): readonly Communication[] {
  return place.entries('communication plans by name').map(([name, at]) => {
    if (!isName(name)) at.problem(nameProblem, 'key');
    const items = at.items('announcements');
    if (at.value === undefined || (Array.isArray(at.value) && items.length === 0))
      at.problem('announces nothing; expected a list of { after, to, say }', 'key');
    const announcements = items.flatMap((item) => readAnnouncement(item) ?? []);
    return {
      id: `${pack}/${name}`,
      announcements: announcements.toSorted((one, other) => one.afterMs - other.afterMs),
    };
  });
}

function readAnnouncement(place: Place): Announcement | null {
  const { after, to, when, say } = place.fields(announcementShape);
  checkWords(place.at('say'), say ?? '');
  if (after === undefined || to === undefined || say === undefined) return null;
  return { afterMs: after, to, when: when ?? 'always', say };
}

const template = /\$\{([^}]*)\}/g;

function checkWords(place: Place, say: string): void {
  if (say.replace(template, '').includes('${')) place.problem('holds a template without its closing }');
  const known: readonly string[] = announcementNames;
  for (const word of new Set([...say.matchAll(template)].map(([, name = '']) => name))) {
    if (known.includes(word)) continue;
    const near = nearest(word, known);
    const advice = near === null ? `; known: ${known.join(', ')}` : `, did you mean ${near}?`;
    place.problem(`unknown template word ${word}${advice}`);
  }
}
