/** The verdict in one line: what a phone, a screen reader and a hurried person get. */
import { outcomeOf } from '../core/diagnose.js';
import type { Diagnosis, Finding } from '../core/finding.js';
import { headlineOf, type Titles } from './sentences/index.js';
import { plural } from './words.js';

export type Level = 'CRITICAL' | 'WARNING' | 'HEALTHY' | 'COULD NOT JUDGE';

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

export const verdictOf = (diagnosis: Diagnosis, titles: Titles): Verdict => {
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
  if (outcomeOf(diagnosis) === 'could not judge') {
    const gaps = diagnosis.findings.filter((finding) => finding.gap === true && finding.severity !== 'info');
    const open = gaps.length > 0 ? gaps : diagnosis.findings;
    const missing = open.flatMap((finding) => finding.missing)[0];
    return make(
      'COULD NOT JUDGE',
      `${plural(open.length, 'check')} could not be made${missing === undefined ? '' : `: ${missing}`}. Not the same as healthy`,
    );
  }
  // What only reassures may speak for the host; what asks for something is a note below, or the line contradicts itself.
  const reassuring = notes.find(({ remedies, advice }) => remedies.length === 0 && advice.length === 0);
  const minded = notes.length === 0 ? '' : `, ${plural(notes.length, 'thing')} to mind`;
  const harmless = reassuring === undefined ? `nothing wrong found${minded}` : headlineOf(reassuring, titles);
  const open = diagnosis.notChecked.length;
  return make(
    'HEALTHY',
    `${harmless}. ${plural(diagnosis.checked.length, 'check')}${open === 0 ? '' : `, ${open} could not be made`}`,
  );
};
