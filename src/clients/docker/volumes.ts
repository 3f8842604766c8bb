import { z } from 'zod';
import { understood } from './answers.ts';
import type { Docker } from './docker.ts';
import type { Transport } from './transport.ts';

/** A volume as the engine inspects it. */
export interface VolumeFacts {
  readonly name: string;
  /** `local`, or a plug-in's. */
  readonly driver: string;
  /** Folder of its content, as the host has it. */
  readonly mountpoint: string;
  /** Whether it is a mount of something else: a device, a share. */
  readonly mounted: boolean;
}

const answer = z
  .object({
    Name: z.string(),
    Driver: z.string(),
    Mountpoint: z.string(),
    Options: z.record(z.string(), z.string()).nullish(),
  })
  .transform(({ Name, Driver, Mountpoint, Options }): VolumeFacts => ({
    name: Name,
    driver: Driver,
    mountpoint: Mountpoint,
    mounted: Object.keys(Options ?? {}).length > 0,
  }));

/** What is known of volumes. */
export function volumes(transport: Transport): Pick<Docker, 'volume'> {
  return {
    async volume(name, signal) {
      const doing = `inspecting volume ${name}`;
      const path = `/volumes/${encodeURIComponent(name)}`;
      const found = await transport.find({ method: 'GET', path, doing }, signal);
      return found === null ? null : understood(answer, found, doing);
    },
  };
}
