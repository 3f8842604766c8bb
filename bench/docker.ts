import type { Benchmark } from './benchmark.ts';
export const docker: Benchmark = {
  name: 'docker',
  summary: '',
  run: () => Promise.reject(new Error('not yet')),
};
