import { expect, test } from 'vitest';
import { openBucket } from '../../src/clients/s3/bucket.ts';
import { Secret } from '../../src/domain/secret.ts';
import { serving } from './loopback.ts';

const never = new AbortController().signal;

/** A server that answers every question with the same page, of which there is always another. */
async function endless(page: string) {
  const { url } = await serving((_request, response) => {
    response.setHeader('content-type', 'application/xml');
    response.end(`<?xml version="1.0" encoding="UTF-8"?>${page}`);
  });
  const keys = { accessKey: new Secret('a'), secretKey: new Secret('b') };
  return openBucket({
    kind: 's3',
    name: 'vault',
    url,
    region: 'x',
    bucket: 'sets',
    pathStyle: true,
    ...keys,
  });
}

async function drained(pages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of pages);
}

const again = 'vault gives the same page of a listing again and again';

test('a listing that never ends is an invalid answer', async () => {
  using bucket = await endless(
    '<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken></ListBucketResult>',
  );
  await expect(drained(bucket.keys('', never))).rejects.toThrow(again);
});

test('so is one of versions, and of unfinished uploads', async () => {
  using versions = await endless(
    '<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>x</NextKeyMarker></ListVersionsResult>',
  );
  await expect(drained(versions.versions('', never))).rejects.toThrow(
    'vault gives the same page of versions again and again',
  );
  using uploads = await endless(
    '<ListMultipartUploadsResult><IsTruncated>true</IsTruncated><NextKeyMarker>x</NextKeyMarker></ListMultipartUploadsResult>',
  );
  await expect(uploads.unfinished('', never)).rejects.toThrow(again);
});
