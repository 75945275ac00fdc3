/** /proc/net/protocols, row TCP: memory in pages, and whether TCP is under memory pressure now. */
import type { Probe, Section } from '../probe.js';
import { ok, type ProtocolMemory, type Reading } from '../snapshot.js';
import { latestFileLines, notReadable, wholeNumber, words } from '../transcript-words.js';

const PATH = '/proc/net/protocols';

const parse = (sections: readonly Section[]): Reading<ProtocolMemory> => {
  const lines = latestFileLines(sections, PATH).map(words);
  const heading = lines.find(([name]) => name === 'protocol');
  const row = lines.find(([name]) => name === 'TCP');
  if (heading === undefined || row === undefined) return notReadable(PATH);
  const memoryPages = wholeNumber(row[heading.indexOf('memory')]);
  const pressure = row[heading.indexOf('press')];
  return memoryPages === undefined || (pressure !== 'yes' && pressure !== 'no')
    ? notReadable(PATH, 'its row TCP is in a form that this program does not know')
    : ok({ memoryPages, underPressure: pressure === 'yes' });
};

export const probe: Probe<'protocols'> = {
  id: 'protocols',
  reads: ['protocols'],
  snippets: { snapshotFiles: [{ path: PATH, keep: '^(protocol|TCP) ' }] },
  parse: (sections) => ({ protocols: parse(sections) }),
};
