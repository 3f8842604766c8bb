import type {
  Actor,
  Command,
  CommandAnswer,
  Daemon,
  DoctorView,
  GateView,
  IncidentView,
  PlanView,
  ReleaseView,
  RtoView,
  StatusView,
} from '../../src/domain/ports/daemon.ts';
import type { ExplainView } from '../../src/domain/explanation.ts';
import type { IncidentRow } from '../../src/domain/ports/store.ts';
import { emptyRto, emptyStatus } from './daemon-views.ts';

/** A daemon that answers what a test put into it and keeps a readable log of what it was asked. */
export class FakeDaemon implements Daemon {
  readonly log: string[] = [];
  statusView: StatusView = emptyStatus;
  incidentViews: IncidentView[] = [];
  planView: PlanView | Error = new Error('the test put no plan here');
  explainView: ExplainView | Error = new Error('the test put no explanation here');
  releaseViews: ReleaseView[] = [];
  gateView: GateView = { open: true, reasons: [] };
  rtoView: RtoView = emptyRto;
  doctorView: DoctorView = { checks: [] };
  journalProblem: string | null = null;
  isReady = true;
  answer: CommandAnswer | Error = { accepted: true, message: 'done', incident: null };

  async execute({ do: name, ...content }: Command, { name: who, role }: Actor): Promise<CommandAnswer> {
    return this.#say(`${who} (${role}): ${name} ${JSON.stringify(content)}`, this.answer);
  }

  async reload(): Promise<CommandAnswer> {
    return this.#say('reload', this.answer);
  }

  async status(): Promise<StatusView> {
    return this.#say('status', this.statusView);
  }

  async incidents(filter: {
    readonly open?: boolean;
    readonly target?: string;
    readonly limit: number;
  }): Promise<readonly IncidentRow[]> {
    const rows = this.incidentViews.filter(
      ({ closedAt, target }) =>
        (filter.open !== true || closedAt === null) &&
        (filter.target === undefined || target === filter.target),
    );
    return this.#say(`incidents ${JSON.stringify(filter)}`, rows.slice(0, filter.limit));
  }

  async incident(id: string): Promise<IncidentView | null> {
    return this.#say(`incident ${id}`, this.incidentViews.find((view) => view.id === id) ?? null);
  }

  async explain(request: Parameters<Daemon['explain']>[0]): Promise<ExplainView> {
    return this.#say(`explain ${JSON.stringify(request)}`, this.explainView);
  }

  async plan(request: {
    readonly target: string;
    readonly to: string | null;
    readonly playbook: string | null;
  }): Promise<PlanView> {
    return this.#say(`plan ${JSON.stringify(request)}`, this.planView);
  }

  async releases(target: string): Promise<readonly ReleaseView[]> {
    return this.#say(`releases ${target}`, this.releaseViews);
  }

  async gate(target: string, release: string | null): Promise<GateView> {
    return this.#say(`gate ${target} ${release ?? 'any'}`, this.gateView);
  }

  async rto(filter: { readonly target?: string; readonly sinceMs?: number }): Promise<RtoView> {
    return this.#say(`rto ${JSON.stringify(filter)}`, this.rtoView);
  }

  async doctor(): Promise<DoctorView> {
    return this.#say('doctor', this.doctorView);
  }

  async verifyJournal(): Promise<string | null> {
    return this.#say('journal verify', this.journalProblem);
  }

  ready(): boolean {
    return this.isReady;
  }

  async metrics(): Promise<string> {
    return this.#say('metrics', 'rollbackd_up 1\n');
  }

  #say<T>(line: string, answer: T | Error): T {
    this.log.push(line);
    if (answer instanceof Error) throw answer;
    return answer;
  }
}
