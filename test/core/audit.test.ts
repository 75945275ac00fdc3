/** Whatever is done to a log afterwards shows: against its chain, or against an anchor that was kept elsewhere. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Anchor,
  type AuditDraft,
  type AuditEntry,
  canonicalJson,
  chain,
  GENESIS,
  verifyChain,
} from '../../src/core/audit.js';
import { sha256 } from '../../src/store/audit.js';

const draft = (kind: string): AuditDraft => ({ atMs: 1, actor: 'ada', kind, host: 'web-1', data: { n: kind } });
const logOf = (count: number): AuditEntry[] => {
  const log: AuditEntry[] = [];
  for (let i = 0; i < count; i++) log.push(chain(draft(`k${i}`), log.at(-1), sha256));
  return log;
};
const kinds = (log: readonly AuditEntry[], anchors: readonly Anchor[] = []): string[] =>
  verifyChain(log, anchors, sha256).problems.map(({ kind }) => kind);
const at = (log: readonly AuditEntry[], index: number): AuditEntry => {
  const entry = log[index];
  if (entry === undefined) throw new Error(`no entry ${index}`);
  return entry;
};

describe('the audit log', () => {
  const log = logOf(10);
  const anchors = [3, 7, 10].map((seq) => ({ seq, hash: at(log, seq - 1).hash }));

  test('is intact as it was written', () => {
    expect(verifyChain(log, anchors, sha256)).toEqual({ count: 10, head: at(log, 9).hash, problems: [] });
    expect(verifyChain([], [], sha256)).toEqual({ count: 0, head: GENESIS, problems: [] });
  });

  test.each([
    ['an entry altered', log.map((entry) => (entry.seq === 5 ? { ...entry, actor: 'grace' } : entry)), ['altered']],
    [
      'its data altered',
      log.map((entry) => (entry.seq === 5 ? { ...entry, data: { n: 'k4', more: 1 } } : entry)),
      ['altered'],
    ],
    ['an entry taken out', log.filter(({ seq }) => seq !== 5), ['gap', 'unlinked']],
    [
      'two entries exchanged',
      [...log.slice(0, 4), at(log, 5), at(log, 4), ...log.slice(6)],
      ['gap', 'unlinked', 'gap', 'unlinked', 'gap', 'unlinked'],
    ],
    ['the end cut off', log.slice(0, 8), ['cut-off']],
    ['all of it gone', [], ['cut-off', 'cut-off', 'cut-off']],
    ['an entry put between, and all after it chained anew', logOf(4).concat([]), ['cut-off', 'cut-off']],
  ])('%s shows', (_, forged, expected) => {
    expect(kinds(forged, anchors)).toEqual(expected);
  });

  test('a log written anew as a whole is intact in itself, and shows against an anchor', () => {
    const forged: AuditEntry[] = [];
    for (const { seq, previous: _p, hash: _h, ...rest } of log)
      forged.push(chain({ ...rest, actor: seq === 2 ? 'nobody' : rest.actor }, forged.at(-1), sha256));
    expect(kinds(forged)).toEqual([]);
    expect(kinds(forged, anchors)).toEqual(['rewritten', 'rewritten', 'rewritten']);
  });

  test('any single change of any entry shows', () => {
    const fields = ['atMs', 'actor', 'kind', 'host', 'data', 'previous', 'hash', 'seq'] as const;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.constantFrom(...fields), (index, field) => {
        const forged = log.map((entry, i) =>
          i === index
            ? {
                ...entry,
                [field]:
                  field === 'seq' || field === 'atMs' ? 99 : field === 'data' ? { n: 'other' } : `${entry[field]}x`,
              }
            : entry,
        );
        expect(kinds(forged, anchors)).not.toEqual([]);
      }),
    );
  });

  test('one spelling for one meaning', () => {
    expect(canonicalJson({ b: [undefined, null, 'ü'], a: 1, gone: undefined })).toBe('{"a":1,"b":[null,null,"ü"]}');
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonicalJson(value)),
      ),
    );
  });
});
