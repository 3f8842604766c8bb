/**
 * What two spellings of one name have in common: composed alike (NFC), without regard to case. A person who is written
 * `Zoë` in one place and `ZOË` in another is one person.
 */
export function nameKey(name: string): string {
  // Both ways, because some letters meet only in one case: ß and ẞ, σ and ς.
  return name.normalize('NFC').toLowerCase().toUpperCase().normalize('NFC');
}

/** Whether both are names of the same person or thing. */
export function sameName(a: string, b: string): boolean {
  return nameKey(a) === nameKey(b);
}
