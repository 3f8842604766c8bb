import { z, type ZodType } from 'zod';
import { composings } from '../../domain/composition.ts';
import { dataStoreKinds } from '../../domain/data-store.ts';
import type { Drivers } from '../../domain/ports/driver.ts';
import type { Sources } from '../../domain/ports/source.ts';
import { severities } from '../../domain/rule.ts';
import { baselineShape } from '../baselines.ts';
import { checkShape } from '../checks.ts';
import { announcementShape } from '../communications.ts';
import { comparisonShape } from '../comparisons.ts';
import { dataRiskShape } from '../data-risks.ts';
import { levelShape } from '../levels.ts';
import { objectivesShape, phaseShape, playbookShape, verifyShape } from '../playbooks.ts';
import { recoveryShape } from '../recovery.ts';
import { ruleShape } from '../rules.ts';
import { name } from '../scalars.ts';
import { stepShape } from '../steps.ts';
import { described, filled, jsonSchemaOf, oneOf, type JsonSchema } from './json-schema.ts';
import { shared } from './shared.ts';
import { composingWords, sourceWords, stepWords } from './words.ts';

/** What may stand in the files of a pack. Whether it fits together is for `rollbackd check` to say. */
export function packSchema({
  sources,
  drivers,
}: {
  readonly sources: Sources;
  readonly drivers: Drivers;
}): JsonSchema {
  const signals = signalsOf(sources);
  const pack = z.strictObject({
    rules: z.record(name, ruleOf(signals)).optional().describe('Rules by name'),
    playbooks: z.record(name, playbookOf(signals, drivers)).optional().describe('Playbooks by name'),
    communication: z
      .record(name, z.array(announcement).min(1))
      .optional()
      .describe('Communication plans by name'),
    data_risks: dataRisks
      .optional()
      .describe('What data is worth, by the kind of its store: what has to be there before it is replaced'),
  });
  return shared({
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'rules.yaml, playbooks.yaml, communication.yaml and data.yaml: a pack of rollbackd',
    ...jsonSchemaOf(pack),
  });
}

const announcement = z.strictObject(announcementShape).meta({ required: ['after', 'to', 'say'] });

const dataRisk = z.strictObject(dataRiskShape).meta({ required: ['risk', 'migration', 'note'] });
const dataRisks = z.strictObject(
  Object.fromEntries(dataStoreKinds.map((kind) => [kind, dataRisk.optional()])),
);

type Signals = Readonly<Record<string, ZodType>>;

function signalsOf(sources: Sources): Signals {
  return Object.fromEntries(
    Object.entries(sources).map(([kind, { options }]) => [
      kind,
      described(jsonSchemaOf(options, { templates: true }), sourceWords[kind]),
    ]),
  );
}

function ruleOf(signals: Signals): ZodType {
  const kinds = Object.keys(signals);
  const part = z.strictObject({ ...signals, ...comparisonShape }).meta(oneOf(kinds));
  const composed = Object.fromEntries(
    composings.map((key) => [
      key,
      z
        .array(part)
        .min(2)
        .max(10)
        .optional()
        .describe(composingWords[key] ?? ''),
    ]),
  );
  const level = z.strictObject(levelShape).meta({
    anyOf: [...Object.keys(comparisonShape), 'failures', 'for', 'need'].map((key) => ({ required: [key] })),
  });
  const levels = z
    .strictObject(
      Object.fromEntries(
        severities.map((severity) => [severity, level.optional().describe(severity.toUpperCase())]),
      ),
    )
    .meta({ minProperties: 1 });
  return z
    .strictObject({
      ...signals,
      ...composed,
      ...ruleShape,
      levels: filled(ruleShape.levels, levels),
      recover: filled(ruleShape.recover, z.strictObject(recoveryShape).meta({ required: ['for'] })),
      baseline: filled(ruleShape.baseline, z.strictObject(baselineShape).meta(oneOf(['offset', 'before']))),
    })
    .meta({ required: ['levels'], ...oneOf([...kinds, ...composings]) });
}

function playbookOf(signals: Signals, drivers: Drivers): ZodType {
  const check = z
    .strictObject({ ...signals, ...checkShape })
    .meta(oneOf([...Object.keys(signals), 'tcp', 'command']));
  const phase = z.strictObject({ ...phaseShape, checks: filled(phaseShape.checks, z.array(check)) });
  const { settle, ...phases } = verifyShape;
  const verify = z.strictObject({
    settle,
    ...Object.fromEntries(Object.entries(phases).map(([key, later]) => [key, filled(later, phase)])),
  });
  return z
    .strictObject({
      ...playbookShape,
      objectives: filled(playbookShape.objectives, z.strictObject(objectivesShape)),
      steps: filled(playbookShape.steps, z.array(stepOf(drivers)).min(1)),
      verify: filled(playbookShape.verify, verify),
    })
    .meta({ required: ['steps'] });
}

function stepOf(drivers: Drivers): ZodType {
  const kinds = Object.entries(drivers).map(([kind, { options }]) => {
    const made = jsonSchemaOf(options, { templates: true });
    // `- evidence:` with nothing behind it means all defaults.
    const bare = options.safeParse({}).success ? { ...made, type: ['object', 'null'] } : made;
    return [kind, described(bare, stepWords[kind])] as const;
  });
  return z
    .strictObject({ ...Object.fromEntries(kinds), ...stepShape })
    .meta(oneOf(kinds.map(([kind]) => kind)));
}
