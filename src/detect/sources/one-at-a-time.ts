/**
 * Shares a call with everybody who asks for the same while it is under way.
 *
 * For calls that may hang for good and hold a thread of the process: the second asker waits for the first one's call
 * instead of adding one more.
 */
export function oneAtATime<T>(): (id: string, call: () => Promise<T>) => Promise<T> {
  const underway = new Map<string, Promise<T>>();
  return (id, call) => {
    const asked = underway.get(id);
    if (asked !== undefined) return asked;
    const asking = call().finally(() => underway.delete(id));
    underway.set(id, asking);
    return asking;
  };
}
