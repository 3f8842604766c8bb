import type { AnyStateMachine, AnyStateNode } from 'xstate';

interface Arrow {
  readonly from: string;
  /** null: the event is taken without leaving the state. */
  readonly to: string | null;
  readonly label: string;
}

/** The page beside a machine: its Mermaid state diagram, and what it notes without changing state. */
export function page(file: string, machine: AnyStateMachine): string {
  const arrows = arrowsOf(machine.root);
  const notes = arrows.filter(({ to }) => to === null).map(({ from, label }) => `- \`${from}\`: ${label}`);
  return [
    `# ${machine.id}`,
    '',
    `Generated from \`${file}\` by \`npm run diagrams\`; do not edit. An arrow reads \`event [guard] / actions\`; the first`,
    'guard that holds wins, in the order of the file.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    ...lines(machine.root, '  '),
    ...merged(arrows).map((line) => `  ${line}`),
    '```',
    ...(notes.length === 0 ? [] : ['', 'Taken without a change of state:', '', ...notes]),
    '',
  ].join('\n');
}

/** Initial and final markers, nested states inside their parent. */
function lines(node: AnyStateNode, indent: string): string[] {
  const initial = node.initial?.target?.[0];
  const inner = Object.values(node.states).flatMap((child) =>
    Object.keys(child.states).length === 0
      ? [`${indent}${nameOf(child)}`]
      : [`${indent}state ${nameOf(child)} {`, ...lines(child, `${indent}  `), `${indent}}`],
  );
  const finals = Object.values(node.states)
    .filter(({ type }) => type === 'final')
    .map((child) => `${indent}${nameOf(child)} --> [*]`);
  return [...(initial === undefined ? [] : [`${indent}[*] --> ${nameOf(initial)}`]), ...inner, ...finals];
}

function arrowsOf(node: AnyStateNode): Arrow[] {
  const own = [...node.transitions.values()].flat().concat(node.always ?? []);
  const arrows = own.flatMap(({ eventType, target, guard, actions }): Arrow[] => {
    const label = labelOf(eventType, guard, actions);
    const from = nameOf(node);
    if (target !== undefined && target.length > 0)
      return target.map((to) => ({ from, to: nameOf(to), label }));
    return actions.length === 0 ? [] : [{ from, to: null, label }];
  });
  return [...arrows, ...Object.values(node.states).flatMap(arrowsOf)];
}

function labelOf(event: string, guard: unknown, actions: readonly unknown[]): string {
  const name = event === '' ? 'at once' : event;
  const condition = guard === undefined ? '' : ` [${wordOf(guard)}]`;
  const effects = actions.length === 0 ? '' : ` / ${actions.map(wordOf).join(', ')}`;
  return `${name}${condition}${effects}`;
}

/** A guard or an action as it is written: its name, its parameters, or the guards it combines. */
function wordOf(part: unknown): string {
  if (typeof part === 'string') return part;
  if (typeof part === 'function') {
    const { check, guards } = part as { check?: { name: string }; guards?: readonly unknown[] };
    if (guards === undefined) return part.name === '' ? 'computed' : part.name;
    const word = (check?.name ?? part.name).replace('check', '').toLowerCase();
    return `${word}(${guards.map(wordOf).join(', ')})`;
  }
  const { type, params } = part as { type: string; params?: unknown };
  if (params === undefined || typeof params === 'function') return type;
  return `${type}(${Object.values(params as object).join(', ')})`;
}

/** Parallel arrows share one line, as a renderer would draw them over each other. */
function merged(arrows: readonly Arrow[]): string[] {
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of arrows) {
    if (to === null) continue;
    const pair = `${from} --> ${to}`;
    labels.set(pair, [...(labels.get(pair) ?? []), label.replaceAll(/[:;]/g, ' ')]);
  }
  return [...labels].map(([pair, texts]) => `${pair} : ${texts.join('<br/>')}`);
}

function nameOf(node: AnyStateNode): string {
  return node.path.length === 0 ? node.key : node.path.join('_');
}
