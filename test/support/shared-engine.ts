import { shareDockerd, whyNoDocker } from './dockerd.ts';

/** Global set-up of the end-to-end tests: one engine for all files, where an engine can be started. */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  return whyNoDocker() === null ? shareDockerd() : undefined;
}
