import { shipped } from './pack.ts';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface Writing {
  readonly folder: string;
  readonly port: number;
  readonly pack: { readonly rules: object; readonly playbooks: object };
  readonly targets: Readonly<Record<string, object>>;
  /** Keys that are added to those below, or stand in their place. */
  readonly more?: object;
}

/**
 * Writes a configuration and its pack, called `layra`, into a folder. @returns the path of the main file
 *
 * A release bakes for five seconds rather than ten minutes, and grace is eight seconds rather than a minute.
 */
export function writeConfiguration({ folder, port, pack, targets, more = {} }: Writing): string {
  const rules = join(folder, 'layra');
  mkdirSync(rules, { recursive: true });
  writeFileSync(join(rules, 'rules.yaml'), stringify({ rules: pack.rules }));
  writeFileSync(join(rules, 'playbooks.yaml'), stringify({ playbooks: pack.playbooks }));
  copyFileSync(join(shipped, 'communication.yaml'), join(rules, 'communication.yaml'));
  const path = join(folder, 'rollbackd.yaml');
  writeFileSync(
    path,
    stringify({
      version: 1,
      environment: 'test',
      mode: 'auto',
      include: ['layra'],
      store: `sqlite:${join(folder, 'state', 'rollbackd.db')}`,
      listen: `127.0.0.1:${port}`,
      defaults: { bake: '5s', grace: '8s' },
      ...more,
      targets,
    }),
  );
  return path;
}
