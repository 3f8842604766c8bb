import type { Json } from '../domain/json.ts';

type Scrub = (text: string) => string;

/** JSON with every string in it gone through the scrubber; names of members stay. */
export function scrubbed<Value extends Json>(value: Value, scrub: Scrub): Value {
  return clean(value, scrub) as Value;
}

/** An event whose reason, if it has one, is free of secrets: it is kept with the incident and shown. */
export function withCleanReason<Event extends object>(event: Event, scrub: Scrub): Event {
  return 'reason' in event && typeof event.reason === 'string'
    ? { ...event, reason: scrub(event.reason) }
    : event;
}

function clean(value: Json, scrub: Scrub): Json {
  if (typeof value === 'string') return scrub(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => clean(item, scrub));
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, clean(member, scrub)]));
}
