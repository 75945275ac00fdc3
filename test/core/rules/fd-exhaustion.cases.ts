import { snapshot } from '../../support/snapshot-builder.js';
import type { Case } from './cases.js';

const files = (openFiles: number) =>
  snapshot().with({ readings: { processes: [{ pid: 812, command: 'nginx', openFiles, softLimit: 1000 }] } });

export const cases: readonly Case[] = [
  { name: 'just below', given: files(949), expect: { status: 'absent' } },
  {
    name: 'at the threshold',
    given: files(950),
    expect: {
      status: 'present',
      severity: 'crit',
      subject: 'nginx (pid 812)',
      remedies: [],
      advises: '--nofile=2000:',
    },
  },
  {
    name: 'the machine, just below',
    given: snapshot().with({ readings: { fileHandles: { used: 899, max: 1000 } } }),
    expect: { status: 'absent' },
  },
  {
    name: 'the machine',
    given: snapshot().with({ readings: { fileHandles: { used: 900, max: 1000 } } }),
    expect: { status: 'present', advises: 'fs.file-max' },
  },
  {
    name: 'not counted for lack of root',
    given: snapshot().failed('processes', 'needs root'),
    expect: { status: 'inconclusive', gap: false },
  },
  {
    name: 'not counted because nothing called for it',
    given: snapshot().failed('processes', 'no accept queue is full', true),
    expect: { status: 'absent', confidence: 'medium' },
  },
  {
    name: 'the machine full, processes unknown',
    given: snapshot()
      .failed('processes')
      .with({ readings: { fileHandles: { used: 950, max: 1000 } } }),
    expect: { status: 'present' },
  },
];
