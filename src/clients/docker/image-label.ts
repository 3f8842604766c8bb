import type { ContainerFacts, ImageFacts } from './facts.ts';
import { labels } from './marks.ts';
import { textIn } from './shape.ts';

/** What people call the image of a container: the tag as configured; one that a rollback made carries it in a label. */
export function imageLabel(container: ContainerFacts, image: ImageFacts): string {
  const configured = container.labels[labels.image] ?? textIn(container.config['Image']);
  if (configured !== '' && !configured.startsWith('sha256:')) return configured;
  const tag = image.tags.find((name) => !name.startsWith('rollbackd.pin/'));
  return tag ?? image.id.slice(7, 19);
}
