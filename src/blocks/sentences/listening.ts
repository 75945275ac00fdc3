/** Accepting connections: the SYN queue, the accept queue, descriptors. */
import type { Evidence, Finding } from '../../core/finding.js';
import { count, figure } from '../words.js';
import { evidenceOf, numberOf, type Words } from './sentence.js';

const starting = (finding: Finding, prefix: string): Evidence | undefined =>
  finding.evidence.find((it) => it.name.startsWith(prefix));
const ofLimit = (evidence: Evidence | undefined): string | undefined =>
  typeof evidence?.value === 'number' && evidence.limit !== undefined
    ? `${count(evidence.value)} of ${count(evidence.limit)}`
    : undefined;

/** Not of every socket the idle time can be read: which are told apart, or the numbers do not fit each other. */
const idleOf = (finding: Finding, pile: number): string => {
  const idle = evidenceOf(finding, 'idle for 5 s or more');
  if (typeof idle?.value !== 'number' || idle.limit === undefined) return '';
  const { value, limit } = idle;
  if (limit >= pile) return `, ${value >= limit ? 'all' : count(value)} idle for 5 s or more`;
  return `. Idle for 5 s or more: ${value >= limit ? 'all' : count(value)} of the ${count(limit)} whose idle time could be read`;
};

export const listeningWords: Readonly<Record<string, Words>> = {
  'accept-queue-overflow': {
    headline: (finding) =>
      finding.subject === undefined
        ? undefined
        : `the accept queue of ${finding.subject} is full, new connections to it are dropped`,
    detail: (finding) => {
      const waiting = ofLimit(starting(finding, 'accept queue of '));
      const rate = numberOf(finding, 'ListenOverflows');
      if (rate === undefined) return undefined;
      return `${waiting === undefined ? '' : `${waiting} places taken, `}${figure(rate)} connections/s turned away. Clients see timeouts or delays of 1, 3, 7 s.`;
    },
  },
  'syn-queue-overflow': {
    detail: (finding) => {
      const drops = numberOf(finding, 'ListenDrops', 'TCPReqQFullDrop');
      return drops === undefined
        ? undefined
        : `${figure(drops)} SYNs/s thrown away: nobody gets in on that port, whoever is in stays.`;
    },
  },
  'syn-flood-absorbed': {
    note: { label: 'Held off', what: 'a SYN queue is full, SYN cookies answer in its place and clients are served' },
    detail: (finding) => {
      const cookies = numberOf(finding, 'TCPReqQFullDoCookies');
      return cookies === undefined
        ? undefined
        : `${figure(cookies)} SYNs/s answered with cookies; no connection is lost.`;
    },
  },
  'fd-exhaustion': {
    headline: (finding) =>
      finding.subject === undefined ? undefined : `${finding.subject} has run out of file descriptors`,
    detail: (finding) => {
      const open = ofLimit(starting(finding, 'open files of '));
      return open === undefined
        ? undefined
        : `${open} descriptors open: accept() fails, its connections wait until the queue is full.`;
    },
  },
  'close-wait-leak': {
    headline: (finding) =>
      finding.subject === undefined
        ? undefined
        : `${finding.subject} does not close connections that its peers have closed`,
    detail: (finding) => {
      const pile = numberOf(finding, 'CLOSE_WAIT');
      if (pile === undefined) return undefined;
      const queued = numberOf(finding, 'CLOSE_WAIT in accept queues');
      const whose =
        queued === undefined
          ? ''
          : `: ${count(pile - queued)} that the application has accepted, ${count(queued)} that wait in an accept queue`;
      return `${count(pile)} CLOSE_WAIT${whose}${idleOf(finding, pile)}. They never end by themselves; each${queued === undefined ? '' : ' accepted one'} keeps its descriptor.`;
    },
  },
};
