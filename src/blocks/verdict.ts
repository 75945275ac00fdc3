/** The verdict in one line: what a phone, a screen reader and a hurried person get. */
import type { Diagnosis, Finding } from '../core/finding.js';
import type { Snapshot } from '../core/snapshot.js';
import { headlineOf, type Titles } from './sentences/index.js';
import { plural } from './words.js';

export type Level = 'CRITICAL' | 'WARNING' | 'HEALTHY' | 'NOTHING WRONG FOUND' | 'COULD NOT JUDGE';

export interface Verdict {
  level: Level;
  /** the level, the host and what is wrong, in one line; a host's words may be in it */
  line: string;
  /** what is wrong, without level and host */
  clause: string;
  /** crit and warn findings that nothing else present explains, the first of them being the verdict's */
  causes: readonly Finding[];
  /** crit and warn findings that one of `causes` explains */
  effects: readonly Finding[];
  /** what looks scary and is harmless, and other things worth a line */
  notes: readonly Finding[];
}

/** Without these no host is called healthy, whatever else could be read. */
const ESSENTIAL = ['sockets', 'counters'] as const;

export const verdictOf = (diagnosis: Diagnosis, snapshot: Snapshot, titles: Titles): Verdict => {
  const present = diagnosis.findings.filter((finding) => finding.status === 'present');
  const wrong = present.filter((finding) => finding.severity !== 'info');
  const ids = new Set(wrong.map((finding) => finding.id));
  const explained = (finding: Finding): boolean => finding.causedBy.some((id) => id !== finding.id && ids.has(id));
  const causes = wrong.filter((finding) => !explained(finding));
  const effects = wrong.filter(explained);
  const notes = present.filter((finding) => finding.severity === 'info');

  // a circle of causes would leave none: then they all stand for themselves
  const leading = causes.length > 0 || effects.length === 0 ? causes : effects;
  const rest = leading === causes ? effects : [];
  const first = leading[0];
  const host = diagnosis.host;
  const make = (level: Level, clause: string): Verdict => ({
    level,
    clause,
    line: `${level}  ${host}: ${clause}`,
    causes: leading,
    effects: rest,
    notes,
  });

  if (first !== undefined) {
    const more = leading.length - 1;
    const level = wrong.some((finding) => finding.severity === 'crit') ? 'CRITICAL' : 'WARNING';
    return make(level, `${headlineOf(first, titles)}${more > 0 ? `; and ${plural(more, 'more finding')}` : ''}`);
  }
  const blind = ESSENTIAL.filter((name) => snapshot.readings[name].status === 'failed');
  if (blind.length > 0 || diagnosis.checked.length === 0)
    return make(
      'COULD NOT JUDGE',
      `${blind.length === 2 ? 'neither sockets nor counters' : blind[0] === 'sockets' ? 'its sockets' : blind[0] === 'counters' ? 'its counters' : 'too little'} could ${blind.length === 1 ? 'not ' : ''}be read`,
    );
  const harmless = notes[0] === undefined ? 'nothing wrong' : headlineOf(notes[0], titles);
  const checks = plural(diagnosis.checked.length, 'check');
  return diagnosis.notChecked.length === 0
    ? make('HEALTHY', `${harmless}; ${checks}`)
    : make(
        'NOTHING WRONG FOUND',
        `${notes[0] === undefined ? '' : `${harmless}; `}${checks}, ${diagnosis.notChecked.length} could not be made`,
      );
};
