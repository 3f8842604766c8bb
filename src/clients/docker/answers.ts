import { z } from 'zod';
import { RollbackError } from '../../domain/errors.ts';

/** Reads the answer of `GET /version`. */
export const versionAnswer = z
  .object({ Version: z.string(), ApiVersion: z.string() })
  .transform(({ Version, ApiVersion }) => ({ version: Version, api: ApiVersion }));

/** Reads the answer of `POST /containers/create`: the id. */
export const createAnswer = z.object({ Id: z.string() }).transform(({ Id }) => Id);

/** The answer as its schema reads it; rejects with `ANSWER_INVALID`, which names the place but quotes nothing. */
export function understood<T>(schema: z.ZodType<T>, answer: unknown, doing: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.join('.') ?? '';
  const message = `docker, ${doing}: the answer is not what an engine sends (${where}); check what listens there`;
  throw new RollbackError('ANSWER_INVALID', message, { doing, where });
}

/** The path of an image reference: its slashes stay. */
export function imagePath(reference: string): string {
  return reference.split('/').map(encodeURIComponent).join('/');
}
