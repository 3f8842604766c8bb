import { RollbackError } from '../domain/errors.ts';
import { MINUTE, SECOND } from '../domain/time.ts';
import { optionDuration, optionText, type CliCommand, type CliContext } from './command.ts';

/** The small reverse proxy that holds writes off while a step of a rollback says so. */
export const command = {
  name: 'write-gate',
  summary: 'Stand in front of a service, and hold its writes off while a rollback says so',
  usage: 'write-gate --listen HOST:PORT --upstream URL --control HOST:PORT|unix:PATH',
  takes: [],
  options: {
    listen: { type: 'string', value: 'HOST:PORT', help: 'where clients reach the service from now on' },
    upstream: { type: 'string', value: 'URL', help: 'the service: http://HOST:PORT' },
    control: {
      type: 'string',
      value: 'ADDRESS',
      help: 'where the daemon holds writes off, HOST:PORT or unix:PATH; never where the service is reached',
    },
    'token-file': {
      type: 'string',
      value: 'FILE',
      help: 'what callers of the control listener must send; needed unless that is on loopback or a socket',
    },
    allow: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      help: 'a path whose writes always pass, with all beneath it, such as /health or /api/*/auth; may be repeated',
    },
    'dead-man': {
      type: 'string',
      value: 'DURATION',
      help: 'the longest that writes are held off without being renewed; 10m unless stated',
    },
    drain: {
      type: 'string',
      value: 'DURATION',
      help: 'how long a hold waits for writes that are under way; 10s unless its holder says',
    },
    'answer-within': {
      type: 'string',
      value: 'DURATION',
      help: 'how long the service may take to begin an answer; 2m unless stated',
    },
    message: { type: 'string', value: 'TEXT', help: 'what writers are told while they are held off' },
    state: {
      type: 'string',
      value: 'FILE',
      help: 'keeps who holds writes off, across restarts; /var/lib/rollbackd/write-gate.json unless stated',
    },
  },
  examples: [
    'rollbackd write-gate --listen 0.0.0.0:8090 --upstream http://backend:8000 --control unix:/run/rollbackd/gate.sock --allow /api/v1/health --allow /api/v1/auth',
    'rollbackd write-gate --listen 0.0.0.0:80 --upstream http://shop:8080 --control 0.0.0.0:7391 --token-file /run/secrets/gate --dead-man 5m',
  ],
  run: async (context) => {
    const options = {
      listen: needed(context, 'listen'),
      upstream: needed(context, 'upstream'),
      control: needed(context, 'control'),
      tokenFile: optionText(context, 'token-file'),
      allow: [context.values['allow'] ?? []].flat().filter((path) => typeof path === 'string'),
      deadManMs: optionDuration(context, 'dead-man', 10 * MINUTE),
      drainMs: optionDuration(context, 'drain', 10 * SECOND),
      answerWithinMs: optionDuration(context, 'answer-within', 2 * MINUTE),
      message: optionText(context, 'message'),
      stateFile: optionText(context, 'state') ?? '/var/lib/rollbackd/write-gate.json',
    };
    const { runWriteGate } = await import('../app/write-gate.ts');
    return runWriteGate({ ...options, ...context });
  },
} satisfies CliCommand;

function needed(context: CliContext, name: string): string {
  const written = optionText(context, name);
  if (written !== null) return written;
  throw new RollbackError('USAGE', `write-gate: --${name} is missing\nusage: rollbackd ${command.usage}`);
}
