// Loaded before the daemon's own program: notes each crash point that it passes.
import { appendFileSync } from 'node:fs';
import { onCrashPoint } from '../../src/domain/crash-point.ts';

const path = process.env['CRASH_TRACE'] ?? '/dev/null';
onCrashPoint((point) => appendFileSync(path, `${point}\n`));
