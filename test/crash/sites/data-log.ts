import { openBroker, type Held } from '../../fakes/kafka/broker.ts';
import { plainPart, plainWatched, type DataPart } from './data-part.ts';

/** A group that has read a log of Kafka to its end, at a broker that speaks the protocol. */
export async function dataLog(): Promise<DataPart> {
  const held: Held = { topics: { orders: [{ log: logged, next: 9 }] }, groups: {} };
  const broker = await openBroker(held);
  const stand = (): number => held.groups['billing']?.offsets['orders/0'] ?? -1;
  const move = (offset: number): void => {
    held.groups['billing'] = { members: [], offsets: { 'orders/0': offset } };
  };
  const words: Readonly<Record<number, string>> = { 5: 'back', 9: 'ahead' };
  const reset = async (): Promise<void> => move(9);
  return {
    ...plainPart,
    lay: reset,
    stores: { events: { kafka: { brokers: [broker.address] } } },
    watched: [
      // Nobody reads meanwhile: who is in a group keeps it from being set.
      { ...plainWatched, step: 'offsets', look: async () => words[stand()] ?? `at ${stand()}`, reset },
    ],
    async close() {
      broker.end();
    },
  };
}

const logged = [5, 6, 7, 8].map((offset) => ({ offset, at: offset * 1000 }));
