import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { ContainerEvent } from './docker.ts';

const eventLine = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()).nullish() }),
});

/** Calls back for each event of the stream, one JSON object a line, until the stream ends. Other lines are left out. */
export async function readEvents(stream: Readable, call: (event: ContainerEvent) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) {
    const event = eventLine.safeParse(parse(line)).data;
    if (event === undefined) continue;
    const attributes = event.Actor.Attributes ?? {};
    call({
      action: event.Action,
      id: event.Actor.ID,
      name: attributes['name'] ?? '',
      oldName: attributes['oldName']?.replace(/^\//, '') ?? null,
      project: attributes['com.docker.compose.project'] ?? null,
      signal: Number(attributes['signal']) || null,
    });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
