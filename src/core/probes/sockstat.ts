/** /proc/net/sockstat, line `TCP:`. What the kernel counts without walking a table. */
import type { Probe, Section } from '../probe.js';
import { ok, type Reading, type Sockstat } from '../snapshot.js';
import { fileLines, latestFileLines, notReadable, snapSection, wholeNumber, words } from '../transcript-words.js';

const PATH = '/proc/net/sockstat';

/** `TCP: inuse 321 orphan 0 tw 0 alloc 322 mem 73` */
const read = (lines: readonly string[]): Sockstat | undefined => {
  const line = words(lines.find((candidate) => candidate.startsWith('TCP:')) ?? '');
  const field = (name: string): number | undefined => {
    const at = line.indexOf(name);
    return at % 2 === 1 ? wholeNumber(line[at + 1]) : undefined;
  };
  const [inUse, orphans, tw, allocated, memoryPages] = ['inuse', 'orphan', 'tw', 'alloc', 'mem'].map(field);
  return inUse === undefined ||
    orphans === undefined ||
    tw === undefined ||
    allocated === undefined ||
    memoryPages === undefined
    ? undefined
    : { inUse, orphans, tw, allocated, memoryPages };
};

/** `tw` as it stood right before the sockets were listed. */
export const timeWaitBeforeListing = (sections: readonly Section[]): number | undefined =>
  read(fileLines(snapSection(sections, 1), PATH))?.tw;

const parse = (sections: readonly Section[]): Reading<Sockstat> => {
  const value = read(latestFileLines(sections, PATH));
  return value === undefined ? notReadable(PATH) : ok(value);
};

export const probe: Probe<'sockstat'> = {
  id: 'sockstat',
  reads: ['sockstat'],
  snippets: { snapshotFiles: [{ path: PATH }, { path: '/proc/net/sockstat6' }] },
  parse: (sections) => ({ sockstat: parse(sections) }),
};
