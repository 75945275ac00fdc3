/** Local ports and TIME_WAIT: where a count is a trouble, and where it is none. */
import type { Finding } from '../../core/finding.js';
import { bytes, count, figure, percent } from '../words.js';
import { evidenceOf, numberOf, type Words } from './sentence.js';

const used = (finding: Finding): { text: string; full: boolean } | undefined => {
  const ports = evidenceOf(finding, 'ports in use');
  if (typeof ports?.value !== 'number' || ports.limit === undefined) return undefined;
  return { text: `${count(ports.value)} of ${count(ports.limit)} ports`, full: ports.value >= 0.9 * ports.limit };
};

const towards = (holder: string, tail: string): Words => ({
  headline: (finding) => {
    const ports = used(finding);
    if (ports === undefined || finding.subject === undefined) return undefined;
    return ports.full
      ? `no local ports left towards ${finding.subject}, ${holder} them`
      : `local ports towards ${finding.subject} run short, ${holder} them`;
  },
  detail: (finding) => {
    const ports = used(finding);
    if (ports === undefined) return undefined;
    const share = numberOf(finding, 'TIME_WAIT share');
    return `${ports.text} towards it in use${share === undefined ? '' : `, ${percent(share)} of them in TIME_WAIT`}. ${tail}`;
  },
});

export const portWords: Readonly<Record<string, Words>> = {
  'ephemeral-exhaustion-tw': towards(
    'TIME_WAIT holds',
    'connect() fails with “Cannot assign requested address”; other destinations work.',
  ),
  'ephemeral-exhaustion-live': towards('open connections hold', 'A leaking pool or real load; no setting cures it.'),
  'ephemeral-exhaustion-bind': {
    detail: (finding) => {
      const sockets = evidenceOf(finding, 'outgoing sockets');
      if (typeof sockets?.value !== 'number' || sockets.limit === undefined) return undefined;
      return `${count(sockets.value)} outgoing sockets on ${count(sockets.limit)} ports, each with a port of its own: all destinations fail, with “Address already in use”.`;
    },
  },
  'time-wait-harmless': {
    note: { label: 'Harmless', what: 'many connections in TIME_WAIT' },
    headline: (finding) => {
      const waiting = numberOf(finding, 'TIME_WAIT');
      return waiting === undefined ? undefined : `${count(waiting)} TIME_WAIT are harmless here`;
    },
    detail: (finding) => {
      const memory = numberOf(finding, 'memory of TIME_WAIT');
      const use = numberOf(finding, 'port use of the fullest destination');
      return memory === undefined || use === undefined
        ? undefined
        : `They take ${bytes(memory)}, no process and no descriptor, and end by themselves after 60 s. Port use towards the fullest destination: ${percent(use)}. Nothing to do.`;
    },
  },
  'tw-bucket-overflow': {
    detail: (finding) => {
      const rate = numberOf(finding, 'TCPTimeWaitOverflow');
      const held = evidenceOf(finding, 'TIME_WAIT and orphaned FIN_WAIT2');
      if (rate === undefined || typeof held?.value !== 'number' || held.limit === undefined) return undefined;
      return `${count(held.value)} of ${count(held.limit)} remembered; ${figure(rate)} connections/s skip TIME_WAIT. Users see nothing yet; late packets may reach new connections.`;
    },
  },
};
