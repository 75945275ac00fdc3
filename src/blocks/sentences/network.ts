/** The path and the other side: no setting of this host cures them. */
import { count, figure, percent } from '../words.js';
import { numberOf, textOf, type Words } from './sentence.js';

export const networkWords: Readonly<Record<string, Words>> = {
  'syn-sent-stuck': {
    headline: (finding) =>
      finding.subject === undefined ? undefined : `${finding.subject} does not answer connection attempts`,
    detail: (finding) => {
      const waiting = numberOf(finding, 'SYN_SENT');
      const again = numberOf(finding, 'TCPSynRetrans');
      return waiting === undefined || again === undefined
        ? undefined
        : `${count(waiting)} attempts wait in SYN_SENT, ${figure(again)} SYNs/s are sent again. Other destinations are not the trouble.`;
    },
  },
  retransmission: {
    headline: (finding) => {
      const share = numberOf(finding, 'share sent again');
      return share === undefined ? undefined : `${percent(share)} of the segments are lost on the way and sent again`;
    },
    detail: (finding) => {
      const again = numberOf(finding, 'RetransSegs');
      const sent = numberOf(finding, 'OutSegs');
      return again === undefined || sent === undefined
        ? undefined
        : `${figure(again)} of ${figure(sent)} segments/s sent again, SYNs apart. The path loses packets; no setting brings them back.`;
    },
  },
  'tcp-mem-pressure': {
    detail: (finding) => {
      const pages = numberOf(finding, 'TCP memory');
      return pages === undefined
        ? undefined
        : `TCP holds ${count(pages)} pages; under pressure the kernel shrinks the windows of every connection of the machine.`;
    },
  },
  'port-range-overlap': {
    headline: (finding) =>
      finding.subject === undefined
        ? undefined
        : `${finding.subject} may be taken by an outgoing connection while its service is down`,
    detail: (finding) => {
      const ports = textOf(finding, 'listening ports in it');
      const range = textOf(finding, 'local ports');
      return ports === undefined
        ? undefined
        : `Listening inside the range of local ports${range === undefined ? '' : ` (${range})`} and not reserved: ${ports}. The service may then fail to start.`;
    },
  },
};
