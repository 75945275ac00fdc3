/** The inventory as the caller may see it. */
import type { Host } from '../core/inventory.js';
import { context, dataTable, header, paragraph } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';
import { firstOf, plural } from './words.js';

const ROWS = 60;

/** Who is real, replayed or this machine, and whether anything can be changed there. */
export const natureOf = (host: Pick<Host, 'lab' | 'change'>): string =>
  [
    host.lab === 'replayed'
      ? 'a recording of a real host, replayed'
      : host.lab === 'this machine'
        ? 'this very machine, measured for real'
        : host.lab === 'namespace'
          ? 'lab, real kernel'
          : '',
    host.change === undefined ? 'read-only' : 'can be changed',
  ]
    .filter((word) => word !== '')
    .join(', ');

export const hostsMessage = (input: {
  hosts: readonly Host[];
  /** how many of the inventory this person may not see */
  hidden?: number;
  /** what the inventory's last reload said, where it failed: the last good one is in use */
  problem?: string;
}): Message => {
  const { shown, omitted } = firstOf(input.hosts, ROWS);
  const verdict =
    input.hosts.length === 0
      ? 'No host is registered that you may see.'
      : `${plural(input.hosts.length, 'host')} registered`;
  const rows = shown.map((host) => [
    host.name,
    `${host.user}@${host.address}${host.port === 22 ? '' : `:${host.port}`}`,
    [
      ...host.groups.map((group) => `@${group}`),
      ...Object.entries(host.labels).map(([key, value]) => `${key}=${value}`),
    ].join(' '),
    [natureOf(host), host.note ?? ''].filter((word) => word !== '').join('; '),
  ]);
  const broken = input.problem === undefined ? '' : '; the inventory file is broken, the last good one is in use';
  return messageOf(spoken(`${verdict}${broken}`), [
    always(header(verdict)),
    ...(input.problem === undefined ? [] : [always(paragraph({ bold: 'inventory.yml: ' }, input.problem))]),
    ...(rows.length === 0
      ? [
          always(
            paragraph(
              'Hosts are registered in inventory.yml; ',
              { code: 'npx tcpstates hosts import' },
              ' writes one from ssh_config or Ansible.',
            ),
          ),
        ]
      : [
          {
            blocks: [dataTable('Registered hosts', ['Host', 'Address', 'Groups, labels', 'Notes'], rows, 10)],
            need: 1,
            name: 'the table',
          },
        ]),
    always(
      context(
        [
          omitted > 0 ? `${plural(omitted, 'more host')} not shown: narrow it with a selector.` : '',
          input.hidden !== undefined && input.hidden > 0
            ? `${plural(input.hidden, 'host')} of the inventory you may not see.`
            : '',
          'Check one: /hosts check <host>',
        ]
          .filter((word) => word !== '')
          .join(' '),
      ),
    ),
  ]);
};
