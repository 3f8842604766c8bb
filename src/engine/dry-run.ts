import type { Daemon, PlanView } from '../domain/ports/daemon.ts';
import { destroying, dryRunIncident, riskOf } from '../domain/plan.ts';
import type { Core } from './core.ts';
import { releaseView } from './views/releases.ts';
import { verificationLines } from './views/verification.ts';

/** Builds and preflights the plan that a rollback would follow now. Changes nothing. */
export async function dryRun(
  core: Core,
  { target: name, to: named, playbook: asked, emergency = false }: Parameters<Daemon['plan']>[0],
): Promise<PlanView> {
  const { parts, book } = core;
  const at = parts.clock.now();
  const target = book.target(name);
  const chosen = asked ?? (emergency ? (target?.emergencyPlaybook ?? null) : null);
  const playbook = book.configuration.playbooks[chosen ?? target?.playbook ?? ''];
  const empty = {
    target: name,
    playbook: chosen ?? target?.playbook ?? '',
    digest: '',
    from: null,
    to: null,
    risk: 'safe' as const,
    steps: [],
    destroys: [],
    verification: [],
    findings: [],
  };
  if (target === null || playbook === undefined)
    return { ...empty, refusal: `${name} or its playbook is not configured` };
  const from = parts.releases.current(name);
  const candidate = named === null ? parts.releases.candidate(name, at) : parts.releases.named(name, named);
  const known = { ...empty, from: from === null ? null : releaseView(parts.releases, from, at) };
  if (candidate.release === null && parts.planner.needsRelease(playbook))
    return { ...known, refusal: candidate.problem };
  const to = parts.planner.needsRelease(playbook) ? candidate.release : null;
  const incident = book.on(name)?.incident.context.id ?? dryRunIncident;
  const request = { incident, target, playbook, from, to, at };
  const planned = await parts.planner.build(request, new AbortController().signal);
  const going = {
    ...known,
    to: to === null ? null : releaseView(parts.releases, to, at),
  };
  if (planned.plan === null) return { ...going, findings: planned.findings, refusal: planned.refusal };
  const { digest, steps, descriptions, findings, verification } = planned.plan;
  const shown = { digest, risk: riskOf(steps), steps: descriptions, destroys: destroying(planned.plan) };
  const verified = verificationLines(verification, { target, from, to });
  return { ...going, ...shown, verification: verified, findings, refusal: null };
}
