import { z } from 'zod';
import type { Json } from '../../domain/json.ts';

export type JsonObject = Readonly<Record<string, Json>>;

export interface RestartPolicy {
  readonly name: string;
  readonly maximumRetryCount: number;
}

export interface Mount {
  readonly type: string;
  /** Of a volume. */
  readonly name: string;
  readonly source: string;
  readonly destination: string;
  readonly writable: boolean;
}

export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** A container as the engine inspects it. Holds secrets: its environment and its command. */
export interface ContainerFacts {
  readonly id: string;
  /** Without the slash in front. */
  readonly name: string;
  /** Id of its image, `sha256:…`. */
  readonly image: string;
  readonly createdAt: number;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly status: string;
  /** Up, or about to be started again by the engine. */
  readonly up: boolean;
  readonly exitCode: number;
  readonly startError: string;
  readonly outOfMemory: boolean;
  /** As the engine wrote it: exact to the nanosecond. */
  readonly startedAt: string;
  readonly finishedAt: number;
  /** null without a health check. */
  readonly health: HealthStatus | null;
  readonly restarts: number;
  readonly restartPolicy: RestartPolicy;
  /** Removed by the engine as soon as it stops. */
  readonly autoRemove: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Endpoint settings by name of the network. */
  readonly networks: Readonly<Record<string, JsonObject>>;
  readonly config: JsonObject;
  readonly hostConfig: JsonObject;
}

/** An image as the engine inspects it. */
export interface ImageFacts {
  readonly id: string;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly config: JsonObject;
}

/** A container in a listing. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

const object = z.record(z.string(), z.json());
const strings = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const mount = z
  .object({
    Type: z.string(),
    Name: z.string().default(''),
    Source: z.string().default(''),
    Destination: z.string(),
    RW: z.boolean(),
  })
  .transform((value): Mount => ({
    type: value.Type,
    name: value.Name,
    source: value.Source,
    destination: value.Destination,
    writable: value.RW,
  }));

const state = z.object({
  Status: z.string(),
  Running: z.boolean(),
  Restarting: z.boolean().default(false),
  OOMKilled: z.boolean().default(false),
  ExitCode: z.number(),
  Error: z.string().default(''),
  StartedAt: z.string(),
  FinishedAt: z.string(),
  Health: z.object({ Status: z.string() }).nullish(),
});

/** Reads the answer of `GET /containers/{id}/json`. */
export const containerAnswer = z
  .object({
    Id: z.string(),
    Name: z.string(),
    Created: z.string(),
    Image: z.string(),
    RestartCount: z.number().default(0),
    State: state,
    Config: object,
    HostConfig: object,
    Mounts: z.array(mount).nullish(),
    NetworkSettings: z.object({ Networks: z.record(z.string(), object).nullish() }),
  })
  .transform((value): ContainerFacts => ({
    id: value.Id,
    name: value.Name.replace(/^\//, ''),
    image: value.Image,
    createdAt: Date.parse(value.Created),
    status: value.State.Status,
    up: value.State.Running || value.State.Restarting,
    exitCode: value.State.ExitCode,
    startError: value.State.Error,
    outOfMemory: value.State.OOMKilled,
    startedAt: value.State.StartedAt,
    finishedAt: Date.parse(value.State.FinishedAt),
    health: healthOf(value.State.Health?.Status),
    restarts: value.RestartCount,
    restartPolicy: restartPolicyOf(value.HostConfig['RestartPolicy']),
    autoRemove: value.HostConfig['AutoRemove'] === true,
    labels: strings.catch({}).parse(value.Config['Labels']),
    mounts: value.Mounts ?? [],
    networks: value.NetworkSettings.Networks ?? {},
    config: value.Config,
    hostConfig: value.HostConfig,
  }));

/** Reads the answer of `GET /images/{name}/json`. */
export const imageAnswer = z
  .object({ Id: z.string(), RepoTags: list, RepoDigests: list, Config: object.nullish() })
  .transform((value): ImageFacts => ({
    id: value.Id,
    tags: value.RepoTags,
    digests: value.RepoDigests,
    config: value.Config ?? {},
  }));

/** Reads the answer of `GET /containers/json`. */
export const listAnswer = z.array(
  z
    .object({ Id: z.string(), Names: list, ImageID: z.string(), State: z.string(), Labels: strings })
    .transform((value): ContainerRow => ({
      id: value.Id,
      name: (value.Names.find((name) => name.lastIndexOf('/') === 0) ?? '').slice(1),
      image: value.ImageID,
      state: value.State,
      labels: value.Labels,
    })),
);

function healthOf(status: string | undefined): HealthStatus | null {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : null;
}

function restartPolicyOf(value: Json | undefined): RestartPolicy {
  const policy = z
    .object({ Name: z.string().default(''), MaximumRetryCount: z.number().default(0) })
    .safeParse(value);
  const name = policy.data?.Name ?? '';
  return { name: name === '' ? 'no' : name, maximumRetryCount: policy.data?.MaximumRetryCount ?? 0 };
}
