import type { Ink } from './ink.ts';

const as = (text: string): string => text;

/** For what is shown where there are no colours. */
export const plainInk: Ink = { bold: as, dim: as, red: as, green: as, yellow: as, cyan: as };
