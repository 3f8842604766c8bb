import { basename } from 'node:path';
import { Document, isCollection, isMap, isScalar, visit } from 'yaml';
import type { ImportedRule } from './to-pack.ts';
import type { ImportedTests } from './to-tests.ts';

const head = {
  rules: [
    ' Made by rollbackd import prometheus.',
    ' An alert ends at its first quiet evaluation; a rule ends once it was quiet for as long as its `for`, or as `recover` says.',
  ],
  tests: (file: string) => [` Made by rollbackd import prometheus of ${file}.`],
};

/** `rules.yaml`, with what people should know of each rule above it. */
export function rulesText(rules: readonly ImportedRule[]): string {
  const document = new Document({ rules: Object.fromEntries(rules.map(({ name, body }) => [name, body])) });
  document.commentBefore = head.rules.join('\n');
  const map = document.get('rules');
  if (isMap(map))
    for (const { key } of map.items) {
      const comments = rules.find(({ name }) => isScalar(key) && key.value === name)?.comments ?? [];
      if (isScalar(key) && comments.length > 0)
        key.commentBefore = comments.map((line) => ` ${line}`).join('\n');
    }
  return shown(document);
}

/** A file of tests. */
export function testsText({ targets, tests }: ImportedTests, file: string): string {
  const document = new Document({
    targets,
    tests: tests.map(({ body, queries, expectations }) => ({
      ...body,
      ...(queries.length === 0 ? {} : { promql: queries.map((one) => one.body) }),
      ...(expectations.length === 0 ? {} : { expect: expectations.map((one) => one.body) }),
    })),
  });
  document.commentBefore = head.tests(basename(file)).join('\n');
  return shown(document);
}

/** Maps and lists of plain values stand on one line each, as people write them. */
const onOneLine: ReadonlySet<unknown> = new Set(['critical', 'high', 'medium', 'recover', 'labels', 'phase']);

function shown(document: Document): string {
  visit(document, {
    Pair: (_, { key, value }) => {
      if (isScalar(key) && onOneLine.has(key.value) && isCollection(value)) value.flow = true;
    },
    Map: (key, node) => {
      // Items of lists: a series, an expectation, a sample.
      const plain = node.items.every(
        ({ value }) => !isMap(value) && !(isCollection(value) && value.items.some(isMap)),
      );
      if (typeof key === 'number' && plain) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}
