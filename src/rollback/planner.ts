import { messageOf, RollbackError } from '../domain/errors.ts';
import { digestPlan, type Finding, type Plan, type Step, type StepFacts } from '../domain/plan.ts';
import type { PlaybookStep } from '../domain/playbook.ts';
import type { Driver, Drivers } from '../domain/ports/driver.ts';
import type { Planned, Planner, PlanRequest } from '../domain/ports/planner.ts';
import { render, unknownTemplateWords } from '../domain/template.ts';
import { schemaFindings } from './guarded-schema.ts';
import { asksPeople, unguarded, type DataGuard } from './guarded-data.ts';
import { unquiesced } from './volume/unquiesced.ts';

/** A step with everything that planning learnt about it. */
interface Prepared {
  readonly step: Step;
  readonly description: string;
  readonly identity: string;
  readonly findings: readonly Finding[];
  /** The facts could not be read just now; says nothing about the step itself. */
  readonly unread: boolean;
}

/**
 * Builds plans: fills in templates, reads the facts of every step, runs every preflight, and digests the whole.
 * All steps are prepared before any effect of the plan; nothing is changed.
 */
export function planner(drivers: Drivers, guard: DataGuard = { isDevelopment: () => false }): Planner {
  return {
    needsRelease: (playbook) =>
      playbook.steps.some(
        ({ kind, options }) => drivers[kind]?.needsRelease === true || speaksOfTheOther(options),
      ),
    build: (request, signal) => build({ drivers, guard }, request, signal),
  };
}

interface Building {
  readonly drivers: Drivers;
  readonly guard: DataGuard;
}

async function build(
  { drivers, guard }: Building,
  request: PlanRequest,
  signal: AbortSignal,
): Promise<Planned> {
  const prepared: Prepared[] = [];
  const steps: { step: Step; driver: Driver }[] = [];
  for (const [index, written] of request.playbook.steps.entries()) {
    const driver = drivers[written.kind];
    if (driver === undefined) return refuse([finding(index, `no driver is called ${written.kind}`)]);
    const found = resolve(request, driver, written, index);
    if ('message' in found) return refuse([found]);
    // What the table of what data is worth asks a person about is what a driver calls destructive.
    const asks = asksPeople(found, driver, guard);
    const resolved: Step = asks ? { ...found, risk: 'destructive-data' } : found;
    prepared.push(await prepare(driver, resolved, signal));
    steps.push({ step: resolved, driver });
  }
  const bare = [...unguarded(steps, guard), ...unquiesced(steps.map(({ step }) => step))];
  const behind = schemaFindings(
    request,
    steps.map(({ step, driver }) => ({
      step,
      goesBack: driver.needsRelease || goesBack(request, step.index),
    })),
  );
  const findings = [...prepared.flatMap((step) => step.findings), ...bare, ...behind];
  if (!findings.some(isRefusal)) return { plan: assemble(request, prepared, findings), refusal: null };
  const passing =
    ![...bare, ...behind].some(isRefusal) &&
    prepared.every((step) => step.unread || !step.findings.some(isRefusal));
  return { ...refuse(findings), passing };
}

function resolve(request: PlanRequest, driver: Driver, written: PlaybookStep, index: number): Step | Finding {
  const { incident, target, from, to } = request;
  const options = render(written.options, { target, from, to });
  const missing = unfilled(options);
  if (missing !== null)
    return finding(index, `${written.kind}: \${${missing}} has no value for ${target.name}`);
  const parsed = driver.options.safeParse(options);
  if (!parsed.success)
    return finding(index, `${written.kind}: ${parsed.error.issues.map(({ message }) => message).join('; ')}`);
  if (driver.needsRelease && to === null)
    return finding(index, `${written.kind}: there is no release to go to`);
  return {
    index,
    incident,
    kind: written.kind,
    risk: driver.riskOf?.(parsed.data) ?? driver.risk,
    effect: driver.effect,
    options: parsed.data,
    target,
    from,
    to,
    deadlineMs: written.deadlineMs,
    retries: written.retries,
  };
}

function goesBack({ playbook }: PlanRequest, index: number): boolean {
  return speaksOfTheOther(playbook.steps[index]?.options);
}

/** A step that is told which release to go to needs one, whatever its driver does with it. */
function speaksOfTheOther(options: unknown): boolean {
  if (typeof options === 'string') return options === 'last_good' || /\$\{to\./.test(options);
  if (options === null || typeof options !== 'object') return false;
  return Object.values(options).some(speaksOfTheOther);
}

/** The first template word that found no value. */
function unfilled(value: unknown): string | null {
  if (typeof value === 'string')
    return unknownTemplateWords(value)[0] ?? /\$\{([^}]*)\}/.exec(value)?.[1] ?? null;
  if (value === null || typeof value !== 'object') return null;
  for (const member of Object.values(value)) {
    const word = unfilled(member);
    if (word !== null) return word;
  }
  return null;
}

async function prepare(driver: Driver, step: Step, signal: AbortSignal): Promise<Prepared> {
  let facts: StepFacts;
  try {
    facts = await driver.read(step, signal);
    const findings = await driver.preflight(step, facts, signal);
    return {
      step,
      description: driver.describe(step, facts),
      identity: facts.identity,
      findings: findings.map((found) => ({ ...found, step: step.index })),
      unread: false,
    };
  } catch (error) {
    const found = finding(step.index, `${step.kind}: ${messageOf(error)}`);
    const unread = error instanceof RollbackError && error.recourse !== 'give-up';
    return { step, description: step.kind, identity: '', findings: [found], unread };
  }
}

function assemble(request: PlanRequest, prepared: readonly Prepared[], findings: readonly Finding[]): Plan {
  const { incident, target, playbook, from, to, at } = request;
  const body = {
    incident,
    target: target.name,
    playbook: playbook.id,
    otherwisePlaybook: playbook.otherwisePlaybook,
    from,
    to,
    steps: prepared.map(({ step }) => step),
    descriptions: prepared.map(({ description }) => description),
    identities: prepared.map(({ identity }) => identity),
    verification: playbook.verification,
    objectives: playbook.objectives,
  };
  return {
    ...body,
    findings,
    builtAt: at,
    digest: digestPlan(body),
  };
}

function refuse(findings: readonly Finding[]): Extract<Planned, { plan: null }> {
  const refusing = findings.filter(isRefusal).map(({ message }) => message);
  return { plan: null, refusal: refusing.join('; '), findings };
}

function isRefusal({ level }: Finding): boolean {
  return level === 'refuse';
}

function finding(step: number, message: string): Finding {
  return { level: 'refuse', step, message };
}
