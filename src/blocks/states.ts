/** All TCP states with their counts as a table and a chart, and who holds what. */
import type { Snapshot } from '../core/snapshot.js';
import { TCP_STATES } from '../core/tcp.js';
import { barChart, bullets, type Cell, dataTable, folded, type Line, lines, rich, sectionOf } from './elements.js';
import type { Part } from './fit.js';
import { holdersOf } from './shares.js';
import { count, duration, firstOf, plural } from './words.js';

interface Row {
  name: string;
  total: number;
}

const signed = (change: number): string =>
  change === 0 ? '=' : change > 0 ? `+${count(change)}` : `-${count(-change)}`;

/** The states by size, the empty ones after them in the kernel's order; what is not recognised is counted as unknown. */
const rowsOf = (sockets: {
  counts: Readonly<Record<string, { total: number }>>;
  unknown: Readonly<Record<string, number>>;
}): readonly Row[] => {
  const known = TCP_STATES.map((state): Row => ({ name: state, total: sockets.counts[state]?.total ?? 0 }));
  const unknown = Object.values(sockets.unknown).reduce((sum, number) => sum + number, 0);
  const all = unknown > 0 ? [...known, { name: 'unknown state', total: unknown }] : known;
  return [
    ...all.filter((row) => row.total > 0).sort((a, b) => b.total - a.total),
    ...all.filter((row) => row.total === 0),
  ];
};

export const statesParts = (snapshot: Snapshot, host: string, previous?: Snapshot): readonly Part[] => {
  const sockets = snapshot.readings.sockets;
  if (sockets.status === 'failed')
    return [{ blocks: [rich(lines([{ bold: 'No state counts  ' }, sockets.reason]))], need: 0, name: '' }];
  const rows = rowsOf(sockets.value);
  const filled = rows.filter((row) => row.total > 0);
  const total = rows.reduce((sum, row) => sum + row.total, 0);
  const before = previous?.readings.sockets.status === 'ok' ? rowsOf(previous.readings.sockets.value) : undefined;
  const sinceSeconds =
    previous === undefined ? 0 : (Date.parse(snapshot.measuredAt) - Date.parse(previous.measuredAt)) / 1_000;
  const change = (row: Row): Cell[] => {
    if (before === undefined) return [];
    return [signed(row.total - (before.find((it) => it.name === row.name)?.total ?? 0))];
  };
  return [
    {
      blocks: [
        dataTable(
          `TCP sockets of ${host} by state: ${count(total)}`,
          [
            'State',
            'Sockets',
            ...(before === undefined ? [] : [sinceSeconds >= 1 ? `Change in ${duration(sinceSeconds)}` : 'Change']),
          ],
          rows.map((row) => [row.name, row.total, ...change(row)]),
          Math.min(12, Math.max(4, filled.length)),
        ),
      ],
      need: 1,
      name: 'the states',
    },
    ...(filled.length < 2
      ? []
      : [
          {
            blocks: [
              barChart(
                `TCP states of ${host}`,
                'sockets',
                filled.map((row) => ({ label: row.name, value: row.total })),
                { x: 'state', y: 'sockets' },
              ),
            ],
            // light in characters, so it goes late
            need: 2,
            name: 'the chart',
          },
        ]),
  ];
};

const HOLDERS = 6;

/** Who holds TIME_WAIT and CLOSE_WAIT, and which checks were made: folded. */
export const holdersPart = (snapshot: Snapshot, checks: readonly Line[]): Part => {
  const timeWait = snapshot.readings.timeWait;
  const sampled = timeWait.status === 'ok' && timeWait.value.mode === 'windows';
  const owners = snapshot.readings.closeWaitOwners;
  const blocks = (['TIME_WAIT', 'CLOSE_WAIT'] as const).flatMap((state) => {
    const { shown, omitted } = firstOf(holdersOf(snapshot, state), HOLDERS);
    if (shown.length === 0) return [];
    const note =
      state === 'TIME_WAIT' && sampled ? `, counted in ${timeWait.value.sampledPorts ?? 'some'} of the ports only` : '';
    return [
      rich(
        sectionOf([{ bold: `${state} by destination or own port${note}` }]),
        bullets([
          ...shown.map((holder): Line => [`${count(holder.count)}  `, { code: holder.who }]),
          ...(omitted > 0 ? [[`… ${omitted} more in Raw`] as Line] : []),
        ]),
      ),
    ];
  });
  const processes =
    owners.status === 'ok' && owners.value.owners.length > 0
      ? [
          rich(
            sectionOf([{ bold: 'CLOSE_WAIT by process' }]),
            bullets([
              ...owners.value.owners
                .slice(0, HOLDERS)
                .map((owner): Line => [`${count(owner.count)}  `, { code: `${owner.process} (pid ${owner.pid})` }]),
              ...(owners.value.unattributed > 0
                ? [
                    [
                      `${plural(owners.value.unattributed, 'socket')} without an owner: not accepted yet, or not ours to see`,
                    ] as Line,
                  ]
                : []),
            ]),
          ),
        ]
      : [];
  const children = [...blocks, ...processes, ...(checks.length === 0 ? [] : [rich(bullets(checks))])];
  return {
    blocks: children.length === 0 ? [] : [folded('Top peers and ports, checks made and not made', children)],
    // goes after the evidence of the second finding and before that of the first
    need: 11.5,
    name: 'top peers and ports',
  };
};
