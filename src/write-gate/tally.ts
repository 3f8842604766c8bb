import type { Gate } from './gate.ts';

const kinds = ['read', 'write'] as const;
const ends = ['passed', 'refused', 'failed', 'aborted'] as const;
export type Kind = (typeof kinds)[number];
export type End = (typeof ends)[number];

/** What went through the gate since it started. What the allow-list lets pass counts as read. */
export class Tally {
  readonly #counts = new Map<string, number>();
  /** Upgraded connections, such as WebSockets, that are open. */
  tunnels = 0;

  count(kind: Kind, end: End): void {
    const key = `${kind} ${end}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  of(kind: Kind, end: End): number {
    return this.#counts.get(`${kind} ${end}`) ?? 0;
  }

  /** In the text format of Prometheus. */
  exposition(gate: Gate, now: number): string {
    const { quiesced, until, writesUnderWay } = gate.state();
    return [
      '# HELP rollbackd_gate_requests_total Requests, by what became of them.',
      '# TYPE rollbackd_gate_requests_total counter',
      ...kinds.flatMap((kind) =>
        ends.map((end) => `rollbackd_gate_requests_total{kind="${kind}",end="${end}"} ${this.of(kind, end)}`),
      ),
      ...gauge('rollbackd_gate_quiesced', 'Whether writes are held off.', quiesced ? 1 : 0),
      ...gauge(
        'rollbackd_gate_lease_seconds',
        'After so long the gate opens by itself; 0 while writes pass.',
        until === null ? 0 : Math.max(0, (until - now) / 1_000),
      ),
      ...gauge('rollbackd_gate_writes_under_way', 'Writes that the service works on.', writesUnderWay),
      ...gauge('rollbackd_gate_tunnels', 'Upgraded connections, such as WebSockets.', this.tunnels),
      '# HELP rollbackd_gate_lapses_total How often the gate opened by itself.',
      '# TYPE rollbackd_gate_lapses_total counter',
      `rollbackd_gate_lapses_total ${gate.lapses}`,
      '',
    ].join('\n');
  }
}

function gauge(name: string, help: string, value: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}
