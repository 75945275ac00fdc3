/** Connections that do not finish closing. */
import { bytes, count, figure } from '../words.js';
import { evidenceOf, numberOf, type Words } from './sentence.js';

const onPort = (subject: string | undefined): string => (subject === undefined ? '' : ` of ${subject}`);

export const closingWords: Readonly<Record<string, Words>> = {
  'fin-wait1-stuck': {
    headline: (finding) => {
      const pile = numberOf(finding, 'FIN_WAIT1');
      return pile === undefined
        ? undefined
        : `${count(pile)} closed connections${onPort(finding.subject)} can’t deliver their last data`;
    },
    detail: (finding) => {
      const shut = numberOf(finding, 'with a closed window');
      const silent = numberOf(finding, 'without an answer');
      const data = numberOf(finding, 'data not delivered');
      if (shut === undefined || silent === undefined) return undefined;
      const probes = numberOf(finding, 'TCPWinProbe');
      const arrived = numberOf(finding, 'InSegs');
      if (probes !== undefined && arrived !== undefined)
        return `FIN_WAIT1: ${figure(probes)} window probes a second go out, ${figure(arrived)} segments come in: the peers are gone, although ${count(shut)} of them last told of a closed window.${data === undefined ? '' : ` ${bytes(data)} wait to be sent.`}`;
      if (shut === 0 && silent === 0)
        return `Their timers do not tell yet whether the peers are gone or do not read.${data === undefined ? '' : ` ${bytes(data)} wait to be sent.`}`;
      return `FIN_WAIT1: ${count(shut)} peers keep their window closed, ${count(silent)} do not answer.${data === undefined ? '' : ` ${bytes(data)} wait to be sent.`}`;
    },
  },
  'fin-wait2-owned': {
    headline: (finding) =>
      `the application${finding.subject === undefined ? '' : ` on ${finding.subject}`} half-closes connections and keeps them`,
    detail: (finding) => {
      const pile = numberOf(finding, 'FIN_WAIT2 with an owner');
      return pile === undefined
        ? undefined
        : `${count(pile)} FIN_WAIT2 held by a process: shutdown() without close(). They never end by themselves.`;
    },
  },
  'fin-wait2-pile': {
    headline: (finding) => {
      const pile = numberOf(finding, 'orphaned FIN_WAIT2');
      return pile === undefined ? undefined : `${count(pile)} peers${onPort(finding.subject)} do not close their side`;
    },
    detail: (finding) => {
      const pile = numberOf(finding, 'orphaned FIN_WAIT2');
      return pile === undefined
        ? undefined
        : `${count(pile)} orphaned FIN_WAIT2: no process holds them, each waits tcp_fin_timeout for the peer.`;
    },
  },
  'last-ack-stuck': {
    headline: (finding) => {
      const pile = numberOf(finding, 'LAST_ACK');
      return pile === undefined
        ? undefined
        : `${count(pile)} peers${onPort(finding.subject)} vanished while connections closed`;
    },
    detail: (finding) => {
      const pile = numberOf(finding, 'LAST_ACK');
      return pile === undefined
        ? undefined
        : `${count(pile)} LAST_ACK: our FIN is sent again and again, nobody answers.`;
    },
  },
  'orphan-pressure': {
    detail: (finding) => {
      const orphans = evidenceOf(finding, 'orphans');
      const resets = numberOf(finding, 'TCPAbortOnMemory');
      if (typeof orphans?.value !== 'number' || orphans.limit === undefined) return undefined;
      return `${count(orphans.value)} of ${count(orphans.limit)} sockets without a process${resets === undefined || resets === 0 ? '' : `; ${figure(resets)} connections/s are reset for it`}.`;
    },
  },
};
