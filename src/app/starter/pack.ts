/** Rules to begin with: a probe, two measures, and one that waits for a Prometheus. */
export const starterRules = `# yaml-language-server: $schema=../../schema/pack.schema.json
#
# What makes the shop roll back, ask, or call for people. A level fires when its condition has held for long enough:
# critical rolls back, high asks people, medium tells them, unless \`do\` says otherwise.

rules:
  # A probe passes or fails. Two failures in a row are enough.
  health:
    summary: The health endpoint answers with 200
    every: 10s
    http: { url: '\${target.address}/health', timeout: 2s, expect: { status: 200 } }
    levels:
      critical: { failures: 2 }

  # A measure is compared, and has to stay beyond its threshold. \`recover\` ends what fired.
  memory:
    summary: Memory of the container over its limit
    every: 15s
    docker: memory
    levels:
      high: { above: 95%, for: 2m, within: 15m }
      medium: { above: 85%, for: 10m }
    recover: { below: 80%, for: 1m }

  # One reading for the host, not for each target.
  disk:
    summary: Free space where Docker keeps its images
    scope: host
    every: 30s
    disk: { path: / }
    levels:
      medium: { below: 10%, for: 1m, do: monitor }

  # With prometheus: in the main file. One query serves all targets, told apart by their labels.
  # errors:
  #   summary: Share of requests answered with 5xx
  #   every: 15s
  #   prometheus:
  #     ratio:
  #       bad: sum by (service) (rate(http_requests_total{status=~"5.."}[1m]))
  #       total: sum by (service) (rate(http_requests_total[1m]))
  #       min: 0.2 # requests in a second; below it there is too little to judge
  #     fresh: up
  #   levels:
  #     critical: { above: 50%, for: 1m }
  #     medium: { above: 10%, for: 5m }
  #   recover: { below: 5%, for: 1m }
`;

/** A playbook to begin with: back to the last release that was proven good. */
export const starterPlaybooks = `# yaml-language-server: $schema=../../schema/pack.schema.json
#
# How the shop goes back, and how it is proven that this helped. See it without doing it: rollbackd plan shop.

playbooks:
  service:
    objectives: { rollback: 5m, verification: 3m, total: 10m }
    steps:
      - evidence: { logs: 500 }
      - docker.rollback: { to: last_good }
    verify:
      settle: 5s
      infrastructure:
        within: 2m
        checks:
          - { docker: running }
          - { disk: { path: / }, above: 5% }
      connectivity:
        within: 1m
        checks:
          - http: { url: '\${target.address}/health', expect: { status: 200 } }
`;

/** A test of the rules to begin with. */
export const starterTests = `# Unit tests of the rules, on a simulated clock, without any server: rollbackd test rules/shop
# Unless something else is said, v2 runs here and v1 was proven good before. All that can be written: docs/rule-tests.md

targets:
  shop: { address: 'http://shop:8080' }

tests:
  - name: two failed probes in a row roll back
    readings:
      health: pass x6 fail x2 pass x60
    expect:
      - { at: 1m, rule: health, verdict: breach, level: critical, phase: pending }
      - { at: 1m10s, rule: health, level: critical, phase: firing }
      - { by: 2m, decision: rollback }
      - { by: 10m, outcome: rolled_back, rolled_back_to: v1 }

  - name: one failed probe is forgiven
    readings:
      health: pass x6 fail pass x60
    expect:
      - never: { decision: rollback }

  - name: memory at its limit is a question
    readings:
      memory: 50% x4 97% x20 50% x20
    expect:
      - { by: 5m, decision: ask, lead: memory }

  - name: memory that stays high is for people to look at
    readings:
      memory: 90% x60
    expect:
      - { by: 12m, decision: investigate }

  - name: a full disk is recorded
    readings:
      disk: 40% x4 4% x20
    expect:
      - { by: 5m, decision: monitor, lead: disk }
`;
