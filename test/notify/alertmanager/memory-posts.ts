import type { Json } from '../../../src/domain/json.ts';
import type { Store } from '../../../src/domain/ports/store.ts';

/** Where channels keep their messages, in memory. */
export function memoryPosts(): Pick<Store, 'post' | 'putPost'> {
  const places = new Map<string, Json>();
  return {
    post: async (channel, incident) => places.get(`${channel}/${incident}`) ?? null,
    putPost: async (channel, incident, place) => void places.set(`${channel}/${incident}`, place),
  };
}
