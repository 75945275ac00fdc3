import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

export const cases: readonly Case[] = [
  { name: 'few', given: snapshot().with({ counts: { ESTABLISHED: 999 } }), expect: { status: 'absent' } },
  {
    name: 'many: not to be told',
    given: snapshot().with({ counts: { ESTABLISHED: 16_000 } }),
    expect: { status: 'inconclusive', severity: 'info', gap: false, advises: 'lastrcv', present: [] },
  },
];
