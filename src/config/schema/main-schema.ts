import { z, type ZodType } from 'zod';
import { dataStoreKinds } from '../../domain/data-store.ts';
import { backupBucketShape, backupKeyShape, backupRetentionShape, backupsShape, recipeShape, scheduleShape } from '../backups.ts';
import { dataStoreShape, dataStoreShapes } from '../data-stores.ts';
import {
  budgetShape,
  defaultsShape,
  dockerShape,
  freezeShape,
  mainShape,
  prometheusShape,
  reloadShape,
  retentionShape,
  tokenShape,
} from '../main-shapes.ts';
import { environmentShape } from '../environments.ts';
import { name } from '../scalars.ts';
import { pageShape, scrapeShape } from '../scraping.ts';
import { secretReference } from '../secrets.ts';
import { stackShape, swarmShape } from '../stacks.ts';
import { repositoryShape, targetKinds, targetShape } from '../targets.ts';
import { channelKeys } from './channel-schema.ts';
import { filled, jsonSchemaOf, oneOf, type JsonSchema } from './json-schema.ts';
import { shared } from './shared.ts';

/** What may stand in the main file. Whether it fits together is for `rollbackd check` to say. */
export function mainSchema(): JsonSchema {
  const main = z.strictObject({
    ...mainShape,
    environments: filled(mainShape.environments, z.record(name, z.strictObject(environmentShape))),
    include: filled(mainShape.include, z.array(z.string().min(1))),
    listen: filled(mainShape.listen, z.string().regex(/^(?:\[[0-9A-Fa-f:.]+\]|[^:\s[\]]+):\d{1,5}$/)),
    tokens: filled(
      mainShape.tokens,
      z.array(z.strictObject(tokenShape).meta({ required: ['name', 'role', 'token'] })),
    ),
    prometheus: filled(
      mainShape.prometheus,
      z.strictObject({ ...prometheusShape, headers: filled(prometheusShape.headers, secrets) }),
    ),
    scrape: filled(
      mainShape.scrape,
      z.strictObject({ ...scrapeShape, pages: filled(scrapeShape.pages, z.record(name, page())) }),
    ),
    docker: filled(mainShape.docker, z.strictObject(dockerShape).meta(oneOf(['socket', 'url']))),
    ...channelKeys(),
    data_stores: filled(mainShape.data_stores, z.record(name, dataStore())),
    backups: filled(mainShape.backups, backupsKeys()),
    budget: filled(mainShape.budget, z.strictObject(budgetShape)),
    retention: filled(mainShape.retention, z.strictObject(retentionShape)),
    reload: filled(mainShape.reload, z.strictObject(reloadShape)),
    freeze: filled(
      mainShape.freeze,
      z.array(z.strictObject(freezeShape).meta({ required: ['cron', 'for', 'reason'] })),
    ),
    defaults: filled(mainShape.defaults, z.strictObject(defaultsShape)),
    targets: filled(mainShape.targets, z.record(name, target())),
  });
  return shared({
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'rollbackd.yaml: the main file of rollbackd',
    ...jsonSchemaOf(main),
  });
}

const secrets = z.record(z.string(), secretReference);

function dataStore(): ZodType {
  const { redis, mysql, postgres, mongodb, sqlite, qdrant, milvus, s3, kafka } = dataStoreShapes;
  const keys = z.strictObject({
    redis: filled(dataStoreShape.redis, z.strictObject(redis).meta({ required: ['url'] })),
    mysql: filled(dataStoreShape.mysql, z.strictObject(mysql).meta({ required: ['url'] })),
    postgres: filled(dataStoreShape.postgres, z.strictObject(postgres).meta({ required: ['url'] })),
    mongodb: filled(dataStoreShape.mongodb, z.strictObject(mongodb).meta({ required: ['url'] })),
    sqlite: filled(dataStoreShape.sqlite, z.strictObject(sqlite).meta({ required: ['path'] })),
    qdrant: filled(dataStoreShape.qdrant, z.strictObject(qdrant).meta({ required: ['url'] })),
    milvus: filled(dataStoreShape.milvus, z.strictObject(milvus).meta({ required: ['url'] })),
    s3: filled(
      dataStoreShape.s3,
      z.strictObject(s3).meta({ required: ['url', 'bucket', 'access_key', 'secret_key'] }),
    ),
    kafka: filled(dataStoreShape.kafka, z.strictObject(kafka).meta({ required: ['brokers'] })),
  });
  return keys.meta(oneOf(dataStoreKinds));
}

function backupsKeys(): ZodType {
  const { bucket, key, retention, recipes, schedule } = backupsShape;
  return z
    .strictObject({
      ...backupsShape,
      bucket: filled(bucket, z.strictObject(backupBucketShape).meta({ required: ['store'] })),
      key: filled(key, z.strictObject(backupKeyShape).meta({ required: ['file'] })),
      retention: filled(retention, z.strictObject(backupRetentionShape)),
      recipes: filled(recipes, z.record(name, z.strictObject(recipeShape))),
      schedule: filled(
        schedule,
        z.array(z.strictObject(scheduleShape).meta({ required: ['cron', 'recipe'] })),
      ),
    })
    .meta(oneOf(['directory', 'bucket']));
}

function page(): ZodType {
  return z.strictObject({ ...pageShape, headers: filled(pageShape.headers, secrets) });
}

function target(): ZodType {
  const repository = filled(targetShape.repository, z.strictObject(repositoryShape));
  const stack = filled(
    targetShape.stack,
    z.strictObject(stackShape).meta({ required: ['project', 'directory'] }),
  );
  const swarm = filled(targetShape.swarm, z.strictObject(swarmShape).meta({ required: ['service'] }));
  return z.strictObject({ ...targetShape, repository, stack, swarm }).meta({
    required: ['playbook'],
    anyOf: targetKinds.map((key) => ({ required: [key] })),
  });
}
