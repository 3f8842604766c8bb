import type { Actor, Command } from '../../src/domain/command.ts';
import type {
  AskedView,
  CommandAnswer,
  Daemon,
  DoctorView,
  GateView,
  IncidentView,
  PlanView,
  ReleaseView,
  Report,
  StatusView,
  TokenView,
  Tried,
} from '../../src/domain/ports/daemon.ts';
import type { MigrationView } from '../../src/domain/migration.ts';
import type { RtoView } from '../../src/domain/ports/rto.ts';
import type { RefusedAccess } from '../../src/domain/access.ts';
import type { ExplainView } from '../../src/domain/explanation.ts';
import type { Entry, IncidentRow } from '../../src/domain/ports/store.ts';
import { emptyRto, emptyStatus } from './daemon-views.ts';

/** A daemon that answers what a test put into it and keeps a readable log of what it was asked. */
export class FakeDaemon implements Daemon {
  readonly log: string[] = [];
  statusView: StatusView = emptyStatus;
  incidentViews: IncidentView[] = [];
  planView: PlanView | Error = new Error('the test put no plan here');
  migrationView: MigrationView | Error = new Error('the test put no migration here');
  explainView: ExplainView | Error = new Error('the test put no explanation here');
  releaseViews: ReleaseView[] = [];
  gateView: GateView = { open: true, reasons: [] };
  rtoView: RtoView = emptyRto;
  doctorView: DoctorView = { checks: [] };
  journalProblem: string | null = null;
  isReady = true;
  readonly journal: Entry[] = [];
  askedViews: AskedView[] = [];
  tokenViews: TokenView[] = [];
  madeToken: Awaited<ReturnType<Daemon['makeToken']>> = { refused: 'the test put no token here' };
  madeCode: Awaited<ReturnType<Daemon['makeCode']>> = { refused: 'the test put no code here' };
  codeOwner: Actor | { readonly refused: string } = { refused: 'the test put no owner here' };
  reportOf: Report | null = null;
  tried: Tried[] = [];
  readonly #listening = new Set<() => void>();
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

  async migration(request: Parameters<Daemon['migration']>[0]): Promise<MigrationView> {
    return this.#say(`migration ${JSON.stringify(request)}`, this.migrationView);
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

  async entries({ after = 0, incident, limit }: Parameters<Daemon['entries']>[0]): Promise<readonly Entry[]> {
    return this.journal
      .filter((entry) => entry.seq > after && (incident === undefined || entry.incident === incident))
      .slice(0, limit);
  }

  async head(): Promise<number> {
    return this.journal.at(-1)?.seq ?? 0;
  }

  onJournaled(call: () => void): () => void {
    this.#listening.add(call);
    return () => this.#listening.delete(call);
  }

  /** Something was journaled. */
  append(...entries: readonly Entry[]): void {
    this.journal.push(...entries);
    for (const call of this.#listening) call();
  }

  async asked(ticket: string): Promise<AskedView | null> {
    return this.#say(`asked ${ticket}`, this.askedViews.find((asked) => asked.ticket.id === ticket) ?? null);
  }

  async tokens(): Promise<readonly TokenView[]> {
    return this.#say('tokens', this.tokenViews);
  }

  async makeToken(request: Parameters<Daemon['makeToken']>[0], { name: who, role }: Actor) {
    return this.#say(`${who} (${role}): make token ${JSON.stringify(request)}`, this.madeToken);
  }

  async revokeToken(name: string, { name: who, role }: Actor): Promise<CommandAnswer> {
    return this.#say(`${who} (${role}): revoke token ${name}`, this.answer);
  }

  async makeCode(request: Parameters<Daemon['makeCode']>[0], { name: who, role }: Actor) {
    return this.#say(`${who} (${role}): make code ${JSON.stringify(request)}`, this.madeCode);
  }

  async useCode(ticket: string, code: string): Promise<Actor | { readonly refused: string }> {
    return this.#say(`use code ${code} for ${ticket}`, this.codeOwner);
  }

  async report(incident: string): Promise<Report | null> {
    return this.#say(`report ${incident}`, this.reportOf);
  }

  async notifyTest({ name: who, role }: Actor): Promise<readonly Tried[]> {
    return this.#say(`${who} (${role}): notify test`, this.tried);
  }

  refusedAccess({ source, why, count, asked }: RefusedAccess): void {
    this.log.push(`refused ${source} ${why} ${count}: ${asked}`);
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
