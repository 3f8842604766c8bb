import type { Labels } from '../../domain/labels.ts';
import type { PageFlaw } from './flaw.ts';
import type { PageFormat } from './format.ts';
import { scanPage } from './scan-page.ts';
import { emptyLabels, isFlaw, readSeries } from './series-text.ts';

/** One sample of a page. */
export interface PageSample {
  /** With the name of the metric as `__name__`. */
  readonly labels: Labels;
  readonly value: number;
  /** Epoch ms; null when the page states none. */
  readonly timestamp: number | null;
}

/** Every sample of a page in its order, or what is wrong with it. For a page that is read once. */
export function readPage(body: string, format: PageFormat): readonly PageSample[] | PageFlaw {
  const samples: PageSample[] = [];
  const flaw = scanPage(body, format, (series, value, timestamp) => {
    const labels = readSeries(series);
    if (isFlaw(labels)) return labels;
    samples.push({ labels: withoutEmpty(labels), value, timestamp });
    return null;
  });
  return flaw ?? samples;
}

function withoutEmpty(labels: Labels): Labels {
  return Object.assign(
    emptyLabels(),
    Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
  );
}
