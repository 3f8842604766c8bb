import { membersOf } from '../../config/members.ts';
import { parseYaml } from '../../config/yaml-document.ts';

/** The labels of the first target that a pack's tests make up with labels; null where none of them does. */
export function labelsInTests(texts: readonly string[]): Readonly<Record<string, string>> | null {
  for (const text of texts) {
    const document = parseYaml('', text);
    if ('flaws' in document) continue;
    for (const target of Object.values(membersOf(membersOf(document.value)['targets']))) {
      const labels = Object.entries(membersOf(membersOf(target)['labels']));
      const written = labels.filter((label): label is [string, string] => typeof label[1] === 'string');
      if (written.length > 0 && written.length === labels.length) return Object.fromEntries(written);
    }
  }
  return null;
}
