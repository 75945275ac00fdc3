/** A host gave no answer: what failed, what to do next, what was last known. */
import type { Host } from '../core/inventory.js';
import { ACTIONS, encodeRef } from './actions.js';
import { actions, bullets, button, context, header, type Line, lines, paragraph, rich } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { Message } from './message.js';

/** The part of a transport's failure that people see. */
export interface Failure {
  problem: string;
  /** one sentence: what failed and what to do next */
  message: string;
  fingerprints?: { expected: readonly string[]; presented: string };
  offered?: readonly string[];
  via?: string;
}

export interface LastKnown {
  /** the verdict in one line */
  verdict: string;
  /** ISO 8601 */
  measuredAt: string;
}

export const failureLines = (failure: Failure): readonly Line[] => [
  ...(failure.fingerprints === undefined
    ? []
    : [
        ['Pinned: ', ...failure.fingerprints.expected.flatMap((print): Line => [{ code: print }, ' '])],
        ['Shown by the host: ', { code: failure.fingerprints.presented }],
      ]),
  ...(failure.offered === undefined || failure.offered.length === 0
    ? []
    : [['Keys that were offered: ', failure.offered.slice(0, 6).join(', ')]]),
  ...(failure.via === undefined ? [] : [['Through the jump host ', { code: failure.via }]]),
];

/** What a silent host may mean beside the path, worded once. */
const BESIDE: Readonly<Record<string, string>> = {
  'connect-timed-out':
    'A full connection-tracking table looks just like this: new connections are dropped, open ones go on. Ask a neighbour, or use the console.',
  unreachable:
    'Or the neighbour table of this bot, the host or a router is full: then others on the same network fail too.',
  'dropped-before-login':
    'A busy sshd drops new connections at random (MaxStartups). It was tried again; if it stays, look at its logins.',
  'host-key-changed':
    'Do not connect by hand until somebody can say why: a rebuilt host, or somebody in between. npx tcpstates hosts pin shows the key to compare.',
};

export const hostFailedMessage = (input: {
  host: Pick<Host, 'name'>;
  failure: Failure;
  lastKnown?: LastKnown;
  private?: boolean;
}): Message => {
  const { host, failure, lastKnown } = input;
  const verdict = `NO ANSWER  ${host.name}: ${failure.message}`;
  const more = failureLines(failure);
  const beside = BESIDE[failure.problem];
  const parts: Part[] = [
    always(header(`NO ANSWER  ${host.name}`), paragraph(failure.message)),
    always(...(more.length === 0 ? [] : [rich(bullets(more))])),
    always(...(beside === undefined ? [] : [rich(lines([{ bold: 'Think of  ' }, beside]))])),
    always(
      lastKnown === undefined
        ? context('Nothing is known about it from before.')
        : paragraph(
            { bold: 'Last known  ' },
            { at: lastKnown.measuredAt, format: '{date_short_pretty} {time_secs}' },
            `: ${lastKnown.verdict}`,
          ),
    ),
    always(
      actions([
        button(ACTIONS.refresh, 'Try again', {
          value: encodeRef({ host: host.name, ...(input.private ? { private: true } : {}) }),
        }),
        button(ACTIONS.checkHost, 'Check step by step', { value: encodeRef({ host: host.name }) }),
      ]),
    ),
  ];
  return messageOf(spoken(verdict), parts);
};
