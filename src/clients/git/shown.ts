/** URLs as they may be shown: those of the configuration hold no passwords, but those in what git says may. */
export function withoutPassword(text: string): string {
  return text.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/[^/@:\s]*):[^/@\s]*@/gi, '$1:[secret]@');
}
