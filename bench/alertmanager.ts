import type { Benchmark } from './benchmark.ts';
export const alertmanager: Benchmark = {
  name: 'alertmanager',
  summary: '',
  run: () => Promise.reject(new Error('not yet')),
};
