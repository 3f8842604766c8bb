import { simpleGit, type SimpleGit } from 'simple-git';
import type { Variables } from '../../domain/variables.ts';

export interface GitOptions {
  /** Clones go to `git/` beneath it. */
  readonly stateDir: string;
  /** Protocols that git may use, e.g. `https`, `ssh`, `file`. */
  readonly protocols: readonly string[];
  /** The daemon's own environment; only a few variables of it are passed on. */
  readonly environment: Variables;
  /** git is ended when it says nothing for this long; 2 m unless stated. */
  readonly silentMs?: number;
}

export interface SessionOptions {
  readonly directory: string;
  /** The effect that git runs for, so that an orphan can be found. */
  readonly opId: string | null;
  /** The clone it works in, so that the owner of a lock can be found. */
  readonly clone: string | null;
  readonly signal: AbortSignal;
}

/** What ssh, https and proxies need; above all nothing that starts with `GIT_`. */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'TMPDIR',
  'SSH_AUTH_SOCK',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
];
const proxies = ['https_proxy', 'http_proxy', 'no_proxy', 'HTTPS_PROXY', 'NO_PROXY'];

/** A git that reads no configuration but ours, runs no hooks, asks nobody, and uses the configured protocols only. */
export function gitSession(options: GitOptions, session: SessionOptions): SimpleGit {
  const own = {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ALLOW_PROTOCOL: options.protocols.join(':'),
    GIT_SSH_COMMAND: 'ssh -oBatchMode=yes -oStrictHostKeyChecking=yes -oConnectTimeout=10',
    // A state directory inside somebody's repository must not make that repository's settings ours.
    GIT_CEILING_DIRECTORIES: options.stateDir,
  };
  const marks = {
    ...(session.opId === null ? {} : { ROLLBACKD_OP_ID: session.opId }),
    ...(session.clone === null ? {} : { ROLLBACKD_CLONE: session.clone }),
  };
  return simpleGit({
    baseDir: session.directory,
    maxConcurrentProcesses: 1,
    config: [
      'core.hooksPath=/dev/null',
      'commit.gpgSign=false',
      'tag.gpgSign=false',
      'gc.auto=0',
      'maintenance.auto=false',
      'submodule.recurse=false',
      'core.autocrlf=false',
      'core.quotePath=false',
      'advice.detachedHead=false',
      'user.name=rollbackd',
      'user.email=rollbackd@localhost',
    ],
    abort: session.signal,
    timeout: { block: options.silentMs ?? 120_000 },
    allowEnvironment: Object.keys(own),
    // simple-git guards against these because callers may pass on what others wrote; the three values above are fixed.
    unsafe: { allowUnsafeHooksPath: true, allowUnsafeConfigPaths: true, allowUnsafeSshCommand: true },
    // Without this, a git that fails without a word would count as a success.
    errors: (error, { exitCode, stdOut, stdErr }) => {
      if (error !== undefined || exitCode === 0) return error;
      return Buffer.concat([...stdOut, ...stdErr, Buffer.from(`git ended with ${exitCode}`)]);
    },
  }).env({ ...passed(options.environment), ...own, ...marks });
}

function passed(environment: GitOptions['environment']): Record<string, string> {
  const names = [...inherited, ...proxies];
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}
