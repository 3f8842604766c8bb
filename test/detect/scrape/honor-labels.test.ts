import { expect, test } from 'vitest';
import { mergedLabels } from '../../../src/detect/scrape/honor-labels.ts';

const page = { job: 'shop', instance: 'shop:8080' };

test('every series gets the labels of its page', () => {
  expect(mergedLabels({ __name__: 'x', path: '/' }, page, false)).toEqual({
    __name__: 'x',
    path: '/',
    job: 'shop',
    instance: 'shop:8080',
  });
});

test('a label that both state goes on as exported, and the page has its own', () => {
  expect(mergedLabels({ __name__: 'x', job: 'batch' }, page, false)).toEqual({
    __name__: 'x',
    job: 'shop',
    exported_job: 'batch',
    instance: 'shop:8080',
  });
});

test('a name that is taken is exported once more, whoever takes it', () => {
  expect(mergedLabels({ job: 'a', exported_job: 'b' }, page, false)).toMatchObject({
    job: 'shop',
    exported_job: 'b',
    exported_exported_job: 'a',
  });
  expect(mergedLabels({ job: 'a' }, { ...page, exported_job: 'c' }, false)).toMatchObject({
    job: 'shop',
    exported_job: 'c',
    exported_exported_job: 'a',
  });
});

test('where labels are honoured, the series keeps its own, and gets what it lacks', () => {
  expect(mergedLabels({ __name__: 'x', job: 'batch' }, page, true)).toEqual({
    __name__: 'x',
    job: 'batch',
    instance: 'shop:8080',
  });
});

test('where several are displaced, the shortest name is free first, as in Prometheus', () => {
  const own = { z: '1', exported_z: '2' };
  expect(mergedLabels(own, { z: 't', exported_z: 'u' }, false)).toEqual({
    z: 't',
    exported_z: 'u',
    exported_exported_z: '1',
    exported_exported_exported_z: '2',
  });
});

test('an empty label is none; where labels are honoured it keeps the one of the page away', () => {
  const own = { __name__: 'x', job: '', instance: '' };
  expect(mergedLabels(own, page, false)).toEqual({ __name__: 'x', ...page });
  expect(mergedLabels(own, { ...page, zone: '' }, true)).toEqual({ __name__: 'x' });
});
