const mostLines = 6;
const longest = 100;

/** `.env`, `app.env`, `.env.production`. */
const dotenvName = /(?:^|[./])env(?:\.[\w-]+)?$/i;
const assignment = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=/;

/**
 * What changes from one text to another. Of what looks like an environment file only the keys are told; elsewhere, what
 * may be a secret is left out of the lines. null: it is no text.
 */
export function textChange(name: string, before: Buffer, after: Buffer): readonly string[] | null {
  const [old, next] = [textOf(before), textOf(after)];
  if (old === null || next === null) return null;
  if (dotenvName.test(name) || (isAssignments(old) && isAssignments(next))) return keyChanges(old, next);
  return lineChanges(old.split('\n'), next.split('\n'));
}

function textOf(content: Buffer): string | null {
  if (content.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    return null;
  }
}

/** Whether every line that says something sets a key. */
function isAssignments(text: string): boolean {
  const lines = text.split('\n').filter((line) => !/^\s*(?:[#;].*)?$/.test(line));
  return lines.length > 0 && lines.every((line) => assignment.test(line));
}

function keyChanges(old: string, next: string): readonly string[] {
  const [before, after] = [keysOf(old), keysOf(next)];
  const changed = [...after].filter(([key, value]) => before.has(key) && before.get(key) !== value);
  const added = [...after.keys()].filter((key) => !before.has(key));
  const removed = [...before.keys()].filter((key) => !after.has(key));
  const told = [
    ...listed(
      'other value of',
      changed.map(([key]) => key),
    ),
    ...listed('adds', added),
    ...listed('takes away', removed),
  ];
  return [told.length === 0 ? 'comments, order or layout' : told.join('; ')];
}

/** A value may go on over several lines: what follows a key belongs to it. */
function keysOf(text: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  let last = '';
  for (const line of text.split('\n')) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const key = assignment.exec(line)?.[1];
    last = key ?? last;
    if (last !== '') keys.set(last, key === undefined ? `${keys.get(last) ?? ''}\n${line}` : line);
  }
  return keys;
}

const mostKeys = 20;

function listed(what: string, keys: readonly string[]): readonly string[] {
  if (keys.length === 0) return [];
  const more = keys.length > mostKeys ? ` and ${keys.length - mostKeys} more` : '';
  return [`${what} ${keys.slice(0, mostKeys).join(', ')}${more}`];
}

/** What lies between the common beginning and the common end. */
function lineChanges(old: readonly string[], next: readonly string[]): readonly string[] {
  const shorter = Math.min(old.length, next.length);
  let first = 0;
  while (first < shorter && old[first] === next[first]) first += 1;
  let last = 0;
  while (last < shorter - first && old[old.length - 1 - last] === next[next.length - 1 - last]) last += 1;
  const gone = shownLines(old, first, old.length - last);
  const come = shownLines(next, first, next.length - last);
  return [`from line ${first + 1}`, ...marked('-', gone), ...marked('+', come)];
}

/** As many of these lines as are shown; of the others nothing. */
function shownLines(lines: readonly string[], from: number, to: number): readonly string[] {
  return lines.slice(from, to).map((line, index) => {
    if (index >= mostLines) return '';
    // What is cut here is never shown; a pattern must not be busy with it.
    return announcesSecret(lines, from + index) ? '…' : withoutSecrets(line.slice(0, 4 * longest));
  });
}

/** Whether what stands above a line names a secret whose value is still to come. */
function announcesSecret(lines: readonly string[], at: number): boolean {
  const above = (lines[at - 1] ?? '').slice(-longest);
  return secretName.test(above) && /[:=>|[{(,\\]\s*$/.test(above);
}

function marked(mark: '-' | '+', lines: readonly string[]): readonly string[] {
  const more = lines.length - mostLines;
  return [
    ...lines.slice(0, mostLines).map((line) => `${mark} ${line.slice(0, longest)}`),
    ...(more > 0 ? [`${mark} … ${more} more lines`] : []),
  ];
}

const secretName = /pass|pwd|secret|token|key|credential|auth|cookie|session|salt|private|dsn|cert/i;

const nameAndRest = new RegExp(`^(.*?(?:${secretName.source})\\w*["']?\\s*[:=]?)(.*)$`, 'i');

/** What stands behind a word that speaks of secrets, wherever it is; in an address; or is too long for a word. */
function withoutSecrets(line: string): string {
  const [, named = line, rest = ''] = nameAndRest.exec(line) ?? [];
  const plain = rest.trim() === '' ? line : `${named.trimEnd()} …`;
  return plain.replaceAll(/\/\/[^\s/@]*@/g, '//…@').replaceAll(/[\w+/=-]{24,}/g, '…');
}
