import { describe, expect, test } from '@jest/globals';
import type { AuditEntry } from '../../src/core/audit.js';
import type { HostAuditLine } from '../../src/core/gate/answer.js';
import { reconcile } from '../../src/core/reconcile.js';

const T = Date.parse('2026-11-22T12:00:00Z');
const entry = (change: string, kind: string, atMs = T + 120_000): AuditEntry => ({
  seq: 1,
  previous: '',
  hash: '',
  atMs,
  actor: 'bot',
  kind: `change.${kind}`,
  change,
  data: {},
});
const line = (changeId: string, event: string, at = '2026-11-22T12:02:00Z'): HostAuditLine => ({
  at,
  bootId: 'b',
  event,
  changeId,
  text: '',
});
const started = line('older', 'applied', '2026-11-22T12:00:00Z');
const known = [entry('older', 'apply-intended', T), entry('older', 'applied', T), entry('older', 'reverted', T)];

describe('the log here against the log of the host', () => {
  test.each<[string, AuditEntry[], HostAuditLine[], [string, string][]]>([
    [
      'agree',
      [entry('c1', 'apply-intended'), entry('c1', 'applied'), entry('c1', 'confirmed')],
      [line('c1', 'prepared'), line('c1', 'applied'), line('c1', 'confirmed')],
      [],
    ],
    [
      'a revert by the host itself',
      [entry('c1', 'apply-intended'), entry('c1', 'applied'), entry('c1', 'reverted')],
      [line('c1', 'applied'), line('c1', 'reverted')],
      [],
    ],
    ['a change that was never sent from here', [], [line('c1', 'applied')], [['c1', 'only-host']]],
    [
      'a change that the host does not know',
      [entry('c1', 'apply-intended'), entry('c1', 'applied')],
      [],
      [['c1', 'only-here']],
    ],
    [
      'another end',
      [entry('c1', 'apply-intended'), entry('c1', 'applied'), entry('c1', 'reverted')],
      [line('c1', 'applied'), line('c1', 'confirmed')],
      [['c1', 'other-outcome']],
    ],
    ['a refused request is nothing', [], [line('c1', 'too-late')], []],
    [
      'what the host has pruned is not held against it',
      [entry('c0', 'apply-intended', T - 9e6), entry('c0', 'applied', T - 9e6)],
      [],
      [],
    ],
  ])('%s', (_, entries, lines, expected) => {
    expect(reconcile([...known, ...entries], [started, ...lines]).map(({ change, kind }) => [change, kind])).toEqual(
      expected,
    );
  });
});
