import type { DatabaseSync } from 'node:sqlite';
import { canonical, type Json } from '../../domain/json.ts';

/** Where channels keep the messages that they edit. */
export interface Posts {
  post(channel: string, incident: string): Json;
  put(channel: string, incident: string, place: Json): void;
}

/** Prepares their statements once. */
export function preparePosts(database: DatabaseSync): Posts {
  const find = database.prepare('SELECT place FROM posts WHERE channel = ? AND incident = ?');
  const put = database.prepare(
    `INSERT INTO posts (channel, incident, place) VALUES (?, ?, ?)
     ON CONFLICT (channel, incident) DO UPDATE SET place = excluded.place`,
  );
  return {
    post: (channel, incident) => {
      const place = find.get(channel, incident)?.['place'];
      return typeof place === 'string' ? (JSON.parse(place) as Json) : null;
    },
    put: (channel, incident, place) => put.run(channel, incident, canonical(place)),
  };
}
