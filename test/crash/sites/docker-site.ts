export function dockerSite(..._a: unknown[]): never {
  throw new Error('no');
}
