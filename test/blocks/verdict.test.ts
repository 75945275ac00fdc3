import { describe, expect, test } from '@jest/globals';
import { verdictOf } from '../../src/blocks/verdict.js';
import type { Diagnosis, Finding } from '../../src/core/finding.js';
import { loadRules } from '../../src/rules.js';

const rules = await loadRules();
const note = (id: string, more: Partial<Finding> = {}): Finding => ({
  id,
  status: 'present',
  severity: 'info',
  confidence: 'high',
  evidence: [],
  missing: [],
  causedBy: [],
  remedies: [],
  advice: [],
  avoid: [],
  steps: [],
  ...more,
});
const line = (...findings: Finding[]): string => {
  const diagnosis: Diagnosis = {
    host: 'web-1',
    measuredAt: '',
    intervalSeconds: 2,
    findings,
    checked: ['a', 'b'],
    notChecked: [],
  };
  return verdictOf(diagnosis, rules).line;
};

describe('the verdict of a healthy host', () => {
  test('says what looks scary and is harmless', () => {
    expect(line(note('time-wait-harmless'))).toMatch(/^HEALTHY {2}web-1: .*TIME_WAIT.*harmless/i);
  });

  test('does not speak of something to be done as if it were the verdict', () => {
    const overlap = note('port-range-overlap', { advice: [{ what: 'reserve the port' }] });
    expect(line(overlap)).toBe('HEALTHY  web-1: nothing wrong found, 1 thing to mind. 2 checks');
    expect(line(overlap, note('time-wait-harmless'))).toMatch(/harmless/i);
  });
});
