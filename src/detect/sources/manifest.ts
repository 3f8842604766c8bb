/** One line of a manifest: a file, and what its content must hash to. */
export interface Listed {
  /** As written, escapes undone; relative to the root, or absolute. */
  readonly name: string;
  /** As `node:crypto` calls it. */
  readonly algorithm: string;
  /** Lower-case hexadecimal. */
  readonly digest: string;
}

/** Hexadecimal digits of a digest, and the program that writes so many: `md5sum`, `sha1sum`, `sha256sum`… */
const byLength: Readonly<Record<number, string>> = {
  32: 'md5',
  40: 'sha1',
  56: 'sha224',
  64: 'sha256',
  96: 'sha384',
  128: 'sha512',
};

/** The words of `--tag`. */
const byTag: Readonly<Record<string, string>> = {
  MD5: 'md5',
  SHA1: 'sha1',
  SHA224: 'sha224',
  SHA256: 'sha256',
  SHA384: 'sha384',
  SHA512: 'sha512',
  BLAKE2b: 'blake2b512',
};

const lengthOf: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(byLength).map(([length, algorithm]) => [algorithm, Number(length)])),
  blake2b512: 128,
};

// A backslash in front says that the name holds escapes; then the digest, a space, and a mark: text or binary.
const plainLine = /^(\\?)([0-9a-f]+) [ *](.+)$/i;
const tagLine = /^(\\?)([A-Za-z0-9]+) \((.+)\) = ([0-9a-f]+)$/i;

/**
 * Reads what `sha256sum`, `sha512sum`, `md5sum` and their kin write, plain or with `--tag`; empty lines and those that
 * begin with `#` are passed over.
 *
 * @returns the files in the order listed, or what is wrong, with the number of the line: a manifest that is understood
 * in part would leave files unwatched
 */
export function parseManifest(text: string): readonly Listed[] | { readonly problem: string } {
  const listed: Listed[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    if (line === '' || line.startsWith('#')) continue;
    const entry = entryOf(line);
    if (typeof entry === 'string') return { problem: `line ${index + 1} ${entry}` };
    listed.push(entry);
  }
  return listed.length === 0 ? { problem: 'it lists no file' } : listed;
}

function entryOf(line: string): Listed | string {
  const plain = plainLine.exec(line);
  if (plain !== null) {
    const [, escaped = '', digest = '', name = ''] = plain;
    const algorithm = byLength[digest.length];
    if (algorithm === undefined)
      return `has a digest of ${digest.length} digits, which no known program writes`;
    return entry({ escaped, name, algorithm, digest });
  }
  const tagged = tagLine.exec(line);
  if (tagged === null) return 'is neither "DIGEST  NAME" nor "ALGORITHM (NAME) = DIGEST"';
  const [, escaped = '', tag = '', name = '', digest = ''] = tagged;
  const algorithm = byTag[tag];
  if (algorithm === undefined) return `names the algorithm ${tag.slice(0, 20)}, which is not known`;
  if (digest.length !== lengthOf[algorithm]) return `has a ${tag} digest of ${digest.length} digits`;
  return entry({ escaped, name, algorithm, digest });
}

function entry(found: Listed & { readonly escaped: string }): Listed | string {
  const { escaped, algorithm } = found;
  const name = escaped === '' ? found.name : unescaped(found.name);
  if (name === null || name.includes('\0')) return 'has a file name with an escape that is not known';
  return { name, algorithm, digest: found.digest.toLowerCase() };
}

/** null: an escape that the programs do not write. */
function unescaped(name: string): string | null {
  if (/\\(?![\\nr])|\\$/.test(name.replaceAll('\\\\', ''))) return null;
  return name.replaceAll(/\\([\\nr])/g, (_, what: string) =>
    what === 'n' ? '\n' : what === 'r' ? '\r' : '\\',
  );
}
