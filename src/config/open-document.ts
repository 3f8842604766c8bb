import { Place } from './place.ts';
import type { ReadingContext } from './reading-context.ts';
import { tryRead } from './read-text.ts';
import { parseYaml, pathName } from './yaml-document.ts';

/**
 * Opens one configuration file.
 *
 * @returns `missing` when there is none, without a problem; null after reporting why it cannot be used
 */
export async function openDocument(
  file: string,
  context: Pick<ReadingContext, 'readFile' | 'findings'>,
): Promise<Place | 'missing' | null> {
  const { problems } = context.findings;
  const read = await tryRead(context.readFile, file);
  if ('problem' in read) {
    if (read.missing) return 'missing';
    problems.push({ file, line: 1, column: 1, path: '', message: read.problem });
    return null;
  }
  const document = parseYaml(file, read.text);
  if (!('flaws' in document)) return new Place(document, context.findings, [], document.value);
  for (const { line, column, path, message } of document.flaws)
    problems.push({ file, line, column, path: pathName(path), message });
  return null;
}
