import type { Command } from '../../domain/command.ts';
import type {
  CommandAnswer,
  Daemon,
  DoctorView,
  GateView,
  IncidentView,
  MadeCode,
  PlanView,
  ReleaseView,
  Report,
  StatusView,
  TokenView,
  Tried,
} from '../../domain/ports/daemon.ts';
import type { MigrationView } from '../../domain/migration.ts';
import type { RtoView } from '../../domain/ports/rto.ts';
import type { ExplainView } from '../../domain/explanation.ts';
import type { Clock } from '../../domain/ports/clock.ts';
import type { Entry, IncidentRow } from '../../domain/ports/store.ts';
import type { Secret } from '../../domain/secret.ts';
import { backupCalls, type BackupCalls } from './backup-calls.ts';
import { caller, type ApiAddress } from './call.ts';
import { follow, type Following } from './follow.ts';

/** The running daemon as seen over HTTP: `Daemon`, with the caller told by the token. */
export interface DaemonApi extends Pick<
  Daemon,
  | 'status'
  | 'incidents'
  | 'incident'
  | 'explain'
  | 'plan'
  | 'migration'
  | 'releases'
  | 'gate'
  | 'rto'
  | 'doctor'
  | 'verifyJournal'
  | 'report'
  | 'entries'
  | 'tokens'
  | 'reload'
> {
  execute(command: Command): Promise<CommandAnswer>;
  /** Its page is a whole URL, also where no public one is configured. */
  makeCode(request: Parameters<Daemon['makeCode']>[0]): Promise<MadeCode | { readonly refused: string }>;
  makeToken(request: TokenRequest): Promise<MadeToken | { readonly refused: string }>;
  revokeToken(name: string): Promise<CommandAnswer>;
  notifyTest(): Promise<readonly Tried[]>;
  readonly backups: BackupCalls;
  /** See `follow`. */
  follow(following: Following, signal: AbortSignal): AsyncIterable<Entry>;
}

/** A token just made, with its secret. */
export interface MadeToken {
  readonly secret: string;
  readonly token: TokenView;
}

export type TokenRequest = Parameters<Daemon['makeToken']>[0];

export interface ApiClientOptions {
  /** `http://127.0.0.1:7390` */
  readonly url: string;
  readonly token: Secret | null;
  /** How long one answer may take. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  readonly clock: Clock;
}

/**
 * Typed calls to a daemon. Refusals are values; everything else that is not an answer rejects:
 * `DAEMON_UNREACHABLE`, `TIMED_OUT`, `ABORTED`, `ANSWER_INVALID`, or the code that the daemon gave.
 */
export function apiClient({ url, token, timeoutMs, signal, clock }: ApiClientOptions): DaemonApi {
  const address: ApiAddress = { url: url.replace(/\/+$/, ''), token, timeoutMs, signal: signal ?? null };
  const calls = caller(address);
  const { get, find, post } = calls;
  return {
    execute: ({ do: name, ...body }) => post<CommandAnswer>(`/commands/${name}`, body),
    follow: (following, until) => follow(address, clock, following, until),
    makeCode: async (request) => madeCode(await post<MadeCode | CommandAnswer>('/codes', request), address),
    tokens: () => get<TokenView[]>('/tokens'),
    makeToken: async (request) => {
      const answer = await post<MadeToken | CommandAnswer>('/tokens', request);
      return 'accepted' in answer ? { refused: answer.message } : answer;
    },
    revokeToken: (name) => post<CommandAnswer>(`/tokens/${encodeURIComponent(name)}/revoke`, {}),
    notifyTest: () => post<Tried[]>('/notify/test', {}),
    backups: backupCalls(calls),
    entries: (filter) => get<Entry[]>('/journal', filter),
    reload: () => post<CommandAnswer>('/commands/reload', {}),
    status: () => get<StatusView>('/status'),
    incidents: (filter) => get<IncidentRow[]>('/incidents', filter),
    incident: (id) => find<IncidentView>(`/incidents/${encodeURIComponent(id)}`),
    explain: ({ rule, target, at }) => get<ExplainView>('/explain', { rule, target, at }),
    plan: ({ target, ...asked }) => get<PlanView>(`${pathOf(target)}/plan`, asked),
    migration: ({ target, ...asked }) => get<MigrationView>(`${pathOf(target)}/migration`, asked),
    releases: (target) => get<ReleaseView[]>(`${pathOf(target)}/releases`),
    gate: (target, release) => get<GateView>(`${pathOf(target)}/gate`, { release }),
    rto: (filter) => get<RtoView>('/rto', filter),
    report: (id) => find<Report>(`/incidents/${encodeURIComponent(id)}/report`),
    doctor: () => get<DoctorView>('/doctor'),
    verifyJournal: async () => (await get<{ readonly broken: string | null }>('/journal/verify')).broken,
  };
}

function madeCode(
  answer: MadeCode | CommandAnswer,
  { url }: ApiAddress,
): MadeCode | { readonly refused: string } {
  if ('accepted' in answer) return { refused: answer.message };
  return answer.page.startsWith('/') ? { ...answer, page: `${url}${answer.page}` } : answer;
}

function pathOf(target: string): string {
  return `/targets/${encodeURIComponent(target)}`;
}
