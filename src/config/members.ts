/** What a map of a file holds, unread; nothing, where there is no map. */
export function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  const isMap = value !== null && typeof value === 'object' && !Array.isArray(value);
  return isMap ? (value as Record<string, unknown>) : {};
}
