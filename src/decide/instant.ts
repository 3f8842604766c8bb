/** An instant as people read it in a sentence, without a time zone to guess: `2026-01-05 13:00 UTC`. */
export function formatInstant(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
