import type { CliCommand } from './command.ts';
import { command as run } from './run.ts';
import { command as demo } from './demo.ts';
import { command as check } from './check.ts';
import { command as test } from './test.ts';
import { command as importing } from './import.ts';
import { command as backtest } from './backtest.ts';
import { command as status } from './status.ts';
import { command as watch } from './watch.ts';
import { command as incidents } from './incidents.ts';
import { command as show } from './show.ts';
import { command as report } from './report.ts';
import { command as explain } from './explain.ts';
import { command as plan } from './plan.ts';
import { command as rollback } from './rollback.ts';
import { command as emergency } from './emergency.ts';
import { command as approve } from './approve.ts';
import { command as reject } from './reject.ts';
import { command as handOver } from './hand-over.ts';
import { command as prolong } from './prolong.ts';
import { command as code } from './code.ts';
import { command as halt } from './halt.ts';
import { command as unhalt } from './unhalt.ts';
import { command as freeze } from './freeze.ts';
import { command as unfreeze } from './unfreeze.ts';
import { command as silence } from './silence.ts';
import { command as unsilence } from './unsilence.ts';
import { command as arm } from './arm.ts';
import { command as ack } from './ack.ts';
import { command as bug } from './bug.ts';
import { command as deploy } from './deploy.ts';
import { command as migrate } from './migrate.ts';
import { command as gate } from './gate.ts';
import { command as writeGate } from './write-gate.ts';
import { command as release } from './release.ts';
import { command as rto } from './rto.ts';
import { command as doctor } from './doctor.ts';
import { command as backup } from './backup.ts';
import { command as notify } from './notify.ts';
import { command as journal } from './journal.ts';
import { command as token } from './token.ts';
import { command as reload } from './reload.ts';
import { command as init } from './init.ts';
import { command as schema } from './schema.ts';
import { command as version } from './version.ts';
import { command as help } from './help.ts';

/** Every command, in the order in which `rollbackd help` lists them. To add one: its file, and a line here. */
export const commands = {
  run,
  demo,
  check,
  test,
  import: importing,
  backtest,
  status,
  watch,
  incidents,
  show,
  report,
  explain,
  plan,
  rollback,
  emergency,
  approve,
  reject,
  'hand-over': handOver,
  prolong,
  code,
  halt,
  unhalt,
  freeze,
  unfreeze,
  silence,
  unsilence,
  arm,
  ack,
  bug,
  deploy,
  migrate,
  gate,
  'write-gate': writeGate,
  release,
  rto,
  doctor,
  backup,
  notify,
  journal,
  token,
  reload,
  init,
  schema,
  version,
  help,
} satisfies Readonly<Record<string, CliCommand>>;
