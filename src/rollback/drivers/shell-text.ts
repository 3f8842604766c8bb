/** An argument vector as a person would type it. For reading and copying only; nothing here is ever run. */
export function asShell(run: readonly string[]): string {
  return run.map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
