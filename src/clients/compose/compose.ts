import type { Clock } from '../../domain/ports/clock.ts';
import { RollbackError } from '../../domain/errors.ts';
import type { StackTarget } from '../../domain/target.ts';
import { MINUTE, SECOND } from '../../domain/time.ts';
import type { Variables } from '../../domain/variables.ts';
import type { JsonObject } from '../docker/facts.ts';
import { recordIn, textIn } from '../docker/shape.ts';
import type { DockerEndpoint } from '../docker/transport.ts';
import { processes, tailOf, type Processes } from '../process/runner.ts';
import { withoutQuoted } from '../quoted-secrets.ts';
import { Documents, readAnswer } from './documents.ts';
import { findCompose, requireVersion } from './program.ts';

/** One `up` of services, without those that they depend on. Nothing is pulled or built. */
export interface UpRequest {
  /** How many containers of each there are to be. */
  readonly services: readonly { readonly service: string; readonly scale: number }[];
  /** `beside`: those that are there stay as they are; `created`: nothing is started. */
  readonly how: 'replace' | 'beside' | 'created';
  readonly graceMs: number;
  readonly opId: string;
  readonly deadlineMs: number;
}

/** One `build` of services in their directory. */
export interface BuildRequest {
  readonly services: readonly string[];
  readonly opId: string;
  readonly deadlineMs: number;
}

/**
 * The Compose program, as far as it is needed. Documents replace the files of the project where they are given.
 *
 * Rejects with `NOT_FOUND` or `REFUSED` where there is no Compose of version 2, with `COMMAND_FAILED` when it says no,
 * and with `TIMED_OUT` or `ABORTED` when nobody knows how far it came. Messages quote none of the project's values.
 */
export interface Compose {
  version(signal: AbortSignal): Promise<string>;
  /** The project as its files have it now: variables filled in, env files read, every path absolute. */
  model(stack: StackTarget, signal: AbortSignal): Promise<JsonObject>;
  /** What Compose labels the containers of each service with, made from these documents. */
  hashes(
    stack: StackTarget,
    documents: readonly JsonObject[],
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  up(
    stack: StackTarget,
    documents: readonly JsonObject[],
    request: UpRequest,
    signal: AbortSignal,
  ): Promise<void>;
  /** Builds the images of services from the files of the project as they are now. */
  build(stack: StackTarget, request: BuildRequest, signal: AbortSignal): Promise<void>;
}

export interface ComposeOptions {
  readonly endpoint: DockerEndpoint;
  /** Path of the program; null: it is looked for. */
  readonly program: string | null;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly environment: Variables;
}

/** Nothing is run until the first call. */
export function openCompose(options: ComposeOptions): Compose {
  const documents = new Documents(options.stateDir);
  const runner = new Runner(options);
  return {
    version: async (signal) => (await runner.found(signal)).version,
    model: async (stack, signal) =>
      documents.with([], async (_, answer) => {
        const doing = `reading the files of project ${stack.project}`;
        await runner.run({ doing, args: [...ofFiles(stack), ...writing(answer)], secrets: [] }, signal);
        return readAnswer(answer, doing);
      }),
    hashes: async (stack, given, signal) =>
      documents.with(given, async (paths) => {
        const doing = `comparing project ${stack.project} with what runs`;
        const args = [...ofDocuments(stack, paths), 'config', '--hash', '*'];
        const output = await runner.run({ doing, args, secrets: secretsIn(given) }, signal);
        return readHashes(output);
      }),
    up: async (stack, given, request, signal) =>
      documents.with(given, async (paths) => {
        const { services, opId, deadlineMs } = request;
        const doing = `starting ${services.map(({ service }) => service).join(', ')} of project ${stack.project}`;
        const args = [...ofDocuments(stack, paths), ...upArguments(request)];
        await runner.run({ doing, args, secrets: secretsIn(given), opId, deadlineMs }, signal);
      }),
    build: async (stack, { services, opId, deadlineMs }, signal) => {
      const doing = `building ${services.join(', ')} of project ${stack.project}`;
      const args = [...ofFiles(stack), 'build', '--quiet', ...services];
      await runner.run({ doing, args, secrets: [], opId, deadlineMs }, signal);
    },
  };
}

interface Call {
  readonly doing: string;
  readonly args: readonly string[];
  readonly secrets: readonly string[];
  readonly opId?: string;
  readonly deadlineMs?: number;
}

class Runner {
  readonly #options: ComposeOptions;
  #found: { readonly program: string; readonly version: string } | null = null;

  constructor(options: ComposeOptions) {
    this.#options = options;
  }

  /** Looked for again until it was found: it may be installed while the daemon runs. */
  async found(signal: AbortSignal): Promise<{ readonly program: string; readonly version: string }> {
    if (this.#found !== null) return this.#found;
    const program = await findCompose(this.#options.program);
    const asked = { run: [program, 'version', '--short'], opId: null, deadlineMs: 10 * SECOND };
    const version = (await this.#processes(program).run(asked, signal)).output.trim();
    requireVersion(program, version);
    this.#found = { program, version };
    return this.#found;
  }

  async run({ doing, args, secrets, opId, deadlineMs }: Call, signal: AbortSignal): Promise<string> {
    const { program } = await this.found(signal);
    const request = {
      run: [program, '--ansi', 'never', ...args],
      opId: opId ?? null,
      deadlineMs: deadlineMs ?? MINUTE,
      env: { DOCKER_HOST: hostOf(this.#options.endpoint) },
      cwd: '/',
    };
    const { exitCode, output } = await this.#processes(program).run(request, signal);
    if (exitCode === 0) return output;
    const said = tailOf(withoutQuoted(output, secrets).replaceAll(/"[^"\n]*"/g, '"…"'));
    const message = `docker compose, ${doing}: it ended with ${exitCode === null ? 'a signal' : `code ${exitCode}`}: ${said}`;
    throw new RollbackError('COMMAND_FAILED', message, { doing, exitCode });
  }

  #processes(program: string): Processes {
    const { clock, stateDir, environment } = this.#options;
    return processes({ clock, stateDir, environment, allowedPrograms: [program] });
  }
}

function hostOf(endpoint: DockerEndpoint): string {
  return 'socket' in endpoint ? `unix://${endpoint.socket}` : endpoint.url.replace(/^https?:/, 'tcp:');
}

function ofFiles({ project, directory, files, envFile }: StackTarget): readonly string[] {
  return [
    '--profile',
    '*',
    ...named({ project, directory }),
    ...files.flatMap((file) => ['--file', file]),
    ...(envFile === null ? [] : ['--env-file', envFile]),
  ];
}

/** Documents are complete: no variable of the present environment may get into them. */
function ofDocuments({ project, directory }: StackTarget, paths: readonly string[]): readonly string[] {
  return [
    ...named({ project, directory }),
    '--env-file',
    '/dev/null',
    ...paths.flatMap((path) => ['--file', path]),
  ];
}

function named({ project, directory }: Pick<StackTarget, 'project' | 'directory'>): readonly string[] {
  return ['--project-name', project, '--project-directory', directory];
}

function writing(path: string): readonly string[] {
  return ['config', '--format', 'json', '--output', path];
}

function upArguments({ services, how, graceMs }: UpRequest): readonly string[] {
  const started = ['--detach', '--timeout', String(Math.ceil(graceMs / SECOND))];
  return ['up', '--no-deps', '--no-build', '--pull', 'never'].concat(
    services.flatMap(({ service, scale }) => ['--scale', `${service}=${scale}`]),
    how === 'created' ? ['--no-start'] : started,
    how === 'beside' ? ['--no-recreate'] : [],
    services.map(({ service }) => service),
  );
}

/** Lines of a service and a hash; whatever else was printed is a warning. */
function readHashes(output: string): Readonly<Record<string, string>> {
  const found = [...output.matchAll(/^(\S+) ([0-9a-f]{64})$/gm)];
  return Object.fromEntries(found.map(([, service = '', hash = '']) => [service, hash]));
}

/** Values of the environments in a document, which Compose may quote. */
function secretsIn(documents: readonly JsonObject[]): readonly string[] {
  return documents.flatMap((document) =>
    Object.values(recordIn(document['services'])).flatMap((service) =>
      Object.values(recordIn(recordIn(service)['environment'])).map(textIn),
    ),
  );
}
