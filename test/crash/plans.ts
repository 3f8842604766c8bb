import {
  backup,
  cacheInvalidate,
  databaseBackup,
  databaseOverwrite,
  databaseRestore,
  databaseRevert,
  directoryClear,
  fileQuiesce,
  fileRestore,
  flagsInRedis,
  flagsOverHttp,
  flagsSet,
  gateQuiesce,
  gitCheckoutPaths,
  gitReset,
  gitTag,
  offsetsReset,
  processRestart,
  processStop,
  switchQuiesce,
  writeQuiesce,
} from './data-steps.ts';
import {
  composeBuild,
  composeRestart,
  composeRollback,
  swarmRollback,
  volumeRestore,
  volumeSnapshot,
} from './docker-steps.ts';
import type { CrashPlan, CrashStep } from './plan.ts';
import {
  command,
  dockerRestart,
  dockerRollback,
  evidence,
  gitRevert,
  http,
  link,
  notify,
  wait,
} from './steps.ts';

function plan(name: string, steps: readonly CrashStep[], more: Partial<CrashPlan> = {}): CrashPlan {
  return {
    name,
    site: 'link',
    begins: 'critical',
    clicks: false,
    steps,
    fallback: [],
    phases: 0,
    healedBy: 'release',
    ...more,
  };
}

const never = command('never', { ends: 'fails' });
const data = { site: 'data', healedBy: { act: 'heal' } } as const;

const onVolume = { site: 'volume', healedBy: { act: 'heal' } } as const;

/** The plans of the matrix. Together they take every kind of step, and every way in which a rollback can end. */
export const plans: readonly CrashPlan[] = [
  plan('link', [evidence(), link()], { phases: 1 }),
  plan('command', [command('drain'), command('heal')], { healedBy: { act: 'heal' } }),
  plan('blind-command', [command('drain'), command('heal', { probe: false }), command('fill')], {
    healedBy: { act: 'heal' },
  }),
  plan('http', [wait(), http('drain'), notify('drained'), http('heal')], { healedBy: { act: 'heal' } }),
  plan('blind-http', [notify('before'), http('heal', { probe: false })], {
    healedBy: { act: 'heal' },
    phases: 1,
  }),
  plan('compensated', [
    notify('before'),
    link(),
    command('drain', { undo: true }),
    command('never', { ends: 'fails' }),
  ]),
  plan('half-undone', [
    command('drain', { undo: true }),
    command('lost'),
    wait(),
    http('told'),
    command('never', { ends: 'fails' }),
  ]),
  plan('blind-undo', [command('drain', { undo: true, probe: false }), command('never', { ends: 'fails' })]),
  plan('question', [evidence(), command('drain'), link()], { begins: 'high' }),
  plan('clicked', [link()], { begins: 'high', clicks: true }),
  plan('request', [link(), command('drain')], { begins: 'request', phases: 1 }),
  plan('put-back', [command('drain', { undo: true }), link({ bad: 'release-1' })]),
  plan('fallback', [command('never', { ends: 'fails' })], { fallback: [link()] }),
  plan('retried', [command('drain', { ends: 'retried' }), link()]),
  plan('everything', [evidence(), notify('before'), wait(), http('told'), command('drain'), link()], {
    phases: 2,
  }),
  plan('git', [notify('before'), gitRevert(), http('told')], { site: 'git', phases: 1 }),
  plan('files', [backup(1), fileRestore(), flagsSet(), directoryClear(), command('heal')], {
    ...data,
    begins: 'high',
  }),
  plan('cache', [writeQuiesce(), cacheInvalidate(), command('heal')], data),
  plan('database', [writeQuiesce(), backup(2), databaseRestore(), command('heal')], {
    ...data,
    begins: 'high',
  }),
  plan('files-undone', [backup(1), fileRestore(), flagsSet(), never], { ...data, begins: 'high' }),
  plan('database-undone', [writeQuiesce(), backup(2), databaseRestore(), never], {
    ...data,
    begins: 'high',
  }),
  plan('in-place', [databaseBackup('orders'), databaseOverwrite(), command('heal')], {
    ...data,
    begins: 'high',
  }),
  plan('migration', [databaseBackup('orders'), databaseRevert('orders'), command('heal')], {
    ...data,
    begins: 'high',
  }),
  plan(
    'little-migration',
    [gateQuiesce(), databaseBackup('little'), databaseRevert('little'), command('heal')],
    {
      ...data,
      begins: 'high',
    },
  ),
  plan('flags', [switchQuiesce(), flagsOverHttp(), fileQuiesce(), flagsInRedis(), command('heal')], data),
  plan(
    'flags-undone',
    [gateQuiesce(), switchQuiesce(), flagsOverHttp(), fileQuiesce(), flagsInRedis(), never],
    data,
  ),
  plan(
    'host',
    [
      processRestart(),
      gitCheckoutPaths(),
      gitReset(),
      gitTag(),
      offsetsReset(),
      processStop(),
      command('heal'),
    ],
    data,
  ),
  plan('host-undone', [gitCheckoutPaths(), gitReset(), offsetsReset(), processStop(), never], data),
  plan('docker', [evidence(), dockerRollback(true)], { site: 'docker', phases: 1 }),
  plan('docker-taken-back', [dockerRollback(false), command('never', { ends: 'fails' })], { site: 'docker' }),
  plan('stack', [evidence(), composeRollback()], { site: 'stack', phases: 1 }),
  plan('stack-taken-back', [composeRollback(), command('never', { ends: 'fails' })], { site: 'stack' }),
  plan('stack-restart', [composeRestart(), command('heal')], { site: 'stack', healedBy: { act: 'heal' } }),
  plan('stack-build', [composeBuild()], { site: 'stack' }),
  plan('stack-build-taken-back', [composeBuild(), command('never', { ends: 'fails' })], { site: 'stack' }),
  plan('swarm', [swarmRollback()], { site: 'swarm' }),
  plan('swarm-taken-back', [swarmRollback(), command('never', { ends: 'fails' })], { site: 'swarm' }),
  plan('volume', [volumeSnapshot(), command('heal')], onVolume),
  plan('volume-restored', [volumeSnapshot(), volumeRestore(), command('heal')], {
    ...onVolume,
    begins: 'high',
  }),
  plan('volume-put-back', [volumeSnapshot(), volumeRestore(), command('never', { ends: 'fails' })], {
    ...onVolume,
    begins: 'high',
  }),
  plan('docker-restart', [dockerRestart(), command('heal')], { site: 'docker', healedBy: { act: 'heal' } }),
];
