/** Connection tracking and neighbours: what hides or fakes every other trouble. */
import { count, figure, percent } from '../words.js';
import { evidenceOf, numberOf, type Words } from './sentence.js';

const entries = (finding: Parameters<typeof numberOf>[0]): string | undefined => {
  const table = evidenceOf(finding, 'conntrack entries');
  return typeof table?.value === 'number' && table.limit !== undefined
    ? `${count(table.value)} of ${count(table.limit)} entries`
    : undefined;
};

export const conntrackWords: Readonly<Record<string, Words>> = {
  'conntrack-full': {
    detail: (finding) => {
      const full = entries(finding);
      if (full === undefined) return undefined;
      const drops = (numberOf(finding, 'conntrack.drop') ?? 0) + (numberOf(finding, 'conntrack.early_drop') ?? 0);
      return `${full}${drops > 0 ? `, ${figure(drops)} dropped/s` : ', none dropped in this interval'}. Explains why SSH and DNS fail while open sessions work.`;
    },
  },
  'conntrack-near-full': {
    headline: (finding) => {
      const use = numberOf(finding, 'conntrack use');
      return use === undefined
        ? undefined
        : `the connection-tracking table is ${percent(use)} full; when it is full, new connections are dropped`;
    },
    detail: (finding) => {
      const full = entries(finding);
      return full === undefined ? undefined : `${full}, nothing dropped yet.`;
    },
  },
  'neigh-overflow': {
    headline: (finding) =>
      finding.subject === undefined
        ? undefined
        : `the table of ${finding.subject} is full, machines on the same network can’t be reached at random`,
  },
};
