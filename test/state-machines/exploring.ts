import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import { getShortestPaths } from 'xstate/graph';

/** A snapshot that can be reached, by the shortest way there. */
export interface Reached {
  readonly snapshot: AnyMachineSnapshot;
  readonly by: readonly EventObject[];
}

export interface Exploration {
  readonly machine: AnyStateMachine;
  readonly inputs: readonly unknown[];
  readonly events: readonly EventObject[];
  /** What tells two snapshots apart; what may grow without end is left out or capped. */
  readonly key: (snapshot: AnyMachineSnapshot) => string;
}

/** Every snapshot that any order of the events leads to, from each of the inputs. */
export function explore({ machine, inputs, events, key }: Exploration): readonly Reached[] {
  return inputs.flatMap((input) =>
    getShortestPaths(machine, { input, events, serializeState: key }).map(({ state, steps }) => ({
      snapshot: state as AnyMachineSnapshot,
      by: steps.map(({ event }) => event).filter(({ type }) => type !== 'xstate.init'),
    })),
  );
}

/** Transitions as `state: event → target`, numbered where guards decide between several. */
export function transitionsOf(machine: AnyStateMachine): readonly string[] {
  return [...transitionNames(machine).values()];
}

/** Those of them that the events take from what was reached. */
export function transitionsTaken(exploration: Exploration, reached: readonly Reached[]): ReadonlySet<string> {
  const names = transitionNames(exploration.machine);
  const taken = new Set<string>();
  for (const { snapshot } of reached) {
    for (const event of exploration.events) {
      const chosen = exploration.machine.getTransitionData(snapshot, event) ?? [];
      for (const transition of chosen) taken.add(names.get(transition) ?? 'unnamed');
    }
  }
  return taken;
}

function transitionNames(machine: AnyStateMachine): ReadonlyMap<object, string> {
  const names = new Map<object, string>();
  const nodes = [machine.root, ...Object.values(machine.root.states)];
  for (const node of nodes) {
    for (const [event, transitions] of node.transitions) {
      for (const [index, transition] of transitions.entries()) {
        const target = transition.target?.[0]?.key ?? 'stays';
        const number = transitions.length === 1 ? '' : ` [${index + 1}]`;
        names.set(transition, `${node.key}: ${event}${number} → ${target}`);
      }
    }
  }
  return names;
}
