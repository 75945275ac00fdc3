/** /proc/sys/fs/file-nr: `used 0 max`, for the whole host. The limit of one process is the probe `processes`. */
import type { Probe, Section } from '../probe.js';
import { type FileHandles, ok, type Reading } from '../snapshot.js';
import { counterValue, latestFileLines, notReadable, wholeNumber, words } from '../transcript-words.js';

const PATH = '/proc/sys/fs/file-nr';

const parse = (sections: readonly Section[]): Reading<FileHandles> => {
  const cells = words(latestFileLines(sections, PATH)[0] ?? '');
  const used = wholeNumber(cells[0]);
  const max = counterValue(cells[2]);
  return used === undefined || max === undefined || cells.length !== 3 ? notReadable(PATH) : ok({ used, max });
};

export const probe: Probe<'fileHandles'> = {
  id: 'file-handles',
  reads: ['fileHandles'],
  snippets: { snapshotFiles: [{ path: PATH }] },
  parse: (sections) => ({ fileHandles: parse(sections) }),
};
