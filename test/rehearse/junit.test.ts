import { expect, test } from 'vitest';
import { junit } from '../../src/rehearse/junit.ts';

test('a report has a suite for each file, and what failed in it', () => {
  const report = junit([
    { file: 'a.yaml', name: 'is <quiet> & "calm"', line: 2, tookMs: 12, failure: null },
    { file: 'a.yaml', name: 'fires', line: 9, tookMs: 8, failure: 'at 5m: x\n  expected > 3\u001b' },
    { file: 'b.yaml', name: 'other', line: 1, tookMs: 0, failure: null },
  ]);

  expect(report).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" time="0.020">
  <testsuite name="a.yaml" tests="2" failures="1" errors="0" time="0.020">
    <testcase name="is &lt;quiet&gt; &amp; &quot;calm&quot;" classname="a.yaml" file="a.yaml" line="2" time="0.012"/>
    <testcase name="fires" classname="a.yaml" file="a.yaml" line="9" time="0.008">
      <failure message="at 5m: x">at 5m: x
  expected &gt; 3\uFFFD</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yaml" tests="1" failures="0" errors="0" time="0.000">
    <testcase name="other" classname="b.yaml" file="b.yaml" line="1" time="0.000"/>
  </testsuite>
</testsuites>
`);
});
