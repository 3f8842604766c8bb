export function gitSite(_folder: string): never {
  throw new Error('no');
}
