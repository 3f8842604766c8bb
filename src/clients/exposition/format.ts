/** The two formats that pages come in: Prometheus' text format 0.0.4 and OpenMetrics 1.0. */
export type PageFormat = 'text' | 'openmetrics';

/** What a scrape says it takes. Version 1.0.0 of the text format is 0.0.4 with quoted names. */
export const acceptedFormats = [
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6',
  'application/openmetrics-text;version=1.0.0;q=0.5',
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4',
  'text/plain;version=0.0.4;q=0.3',
  '*/*;q=0.1',
].join(',');

/**
 * The format of a page by its Content-Type. What states neither is read as text, as Prometheus always did: a page of
 * another kind is then refused at its first line.
 *
 * @returns null for the binary format, which is not read
 */
export function formatOf(contentType: string | undefined): PageFormat | null {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase();
  if (type === 'application/openmetrics-text') return 'openmetrics';
  return type === 'application/vnd.google.protobuf' ? null : 'text';
}
