import { z } from 'zod';
import type { ObjectStore } from '../domain/data-store.ts';
import type { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { httpUrl, text } from './scalars.ts';
import { secretAt, secretReference } from './secrets.ts';

/** The keys of a data store of kind `s3`. */
export const objectStoreShape = {
  url: httpUrl.describe('Of the S3 API, e.g. https://s3.eu-central-1.amazonaws.com or http://minio:9000'),
  region: text.optional().describe('us-east-1 unless stated, which MinIO takes'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of a bucket, e.g. backups')
    .describe('The one that is meant'),
  access_key: secretReference.describe('Who asks'),
  secret_key: secretReference.describe('What requests are signed with'),
  path_style: z
    .boolean()
    .optional()
    .describe('Whether the bucket stands in the path, as MinIO has it; true unless stated'),
};

/** Reads one; null where it cannot be used, which the place was told. */
export async function readObjectStore(
  place: Place,
  name: string,
  context: ReadingContext,
): Promise<ObjectStore | null> {
  const { url, region = 'us-east-1', bucket, path_style: pathStyle = true } = place.fields(objectStoreShape);
  const accessKey = await secretAt(place.at('access_key'), context);
  const secretKey = await secretAt(place.at('secret_key'), context);
  if (url === undefined || bucket === undefined || accessKey === null || secretKey === null) return null;
  return { kind: 's3', name, url: url.replace(/\/+$/, ''), region, bucket, accessKey, secretKey, pathStyle };
}
