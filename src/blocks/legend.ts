/** Every TCP state with its count, split by IP version, and what it means in a line. */

import type { Snapshot } from '../core/snapshot.js';
import { STATE_MEANINGS, TCP_STATES } from '../core/tcp.js';
import { bullets, context, type Line, plain, rich } from './elements.js';
import type { AnyBlock, Modal } from './message.js';
import { count } from './words.js';

const NORMAL = { yes: 'many are normal', brief: 'normal when brief', rare: 'rare', 'never seen': 'not shown by tools' };

/** @param input.snapshot without it the meanings alone */
export const legendModal = (input: { host: { name: string }; snapshot?: Snapshot }): Modal => {
  const sockets = input.snapshot?.readings.sockets;
  const counts = sockets?.status === 'ok' ? sockets.value : undefined;
  // those that are there first; the others in the kernel's order
  const present = (state: (typeof TCP_STATES)[number]): number => Number((counts?.counts[state].total ?? 0) > 0);
  const states = [...TCP_STATES].sort((a, b) => present(b) - present(a));
  const items = states.map((state): Line => {
    const here = counts?.counts[state];
    const split = here?.split;
    const number =
      here === undefined
        ? ''
        : `  ${count(here.total)}${split === undefined || here.total === 0 ? '' : ` (IPv4 ${split.estimated ? 'about ' : ''}${count(split.ipv4)}, IPv6 ${split.estimated ? 'about ' : ''}${count(split.ipv6)})`}`;
    return [
      { bold: `${state}${number}` },
      `  ${STATE_MEANINGS[state].meaning} (${NORMAL[STATE_MEANINGS[state].normal]})`,
    ];
  });
  const unknown = Object.entries(counts?.unknown ?? {});
  const blocks: AnyBlock[] = [
    ...(sockets?.status === 'failed' ? [context(`Counts could not be read: ${sockets.reason}`)] : []),
    rich(bullets(items)),
    ...(unknown.length === 0
      ? []
      : [
          rich(
            bullets(
              unknown
                .slice(0, 20)
                .map(
                  ([name, number]): Line => [{ bold: `${name}  ${count(number)}` }, '  a state that is not known here'],
                ),
            ),
          ),
        ]),
    ...(input.snapshot === undefined
      ? []
      : [
          context(
            'Measured ',
            { at: input.snapshot.measuredAt, format: '{date_short_pretty} {time_secs}' },
            ' on ',
            input.host.name,
          ),
        ]),
  ];
  return { type: 'modal', title: plain(`States of ${input.host.name}`, 24), close: plain('Close', 24), blocks };
};
