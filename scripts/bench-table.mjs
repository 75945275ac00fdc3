// The short table of figures in README.md, between its markers, out of bench/results/latest.json. `--check` says whether it is stale.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { keepTable } from './readme-table.mjs';

const FLEETS = { cheap: 'hosts with processors of their own', sshd: 'real sshd on the same two processors' };
const COLD = ['xargs ssh', 'pdsh', 'clush', 'pssh', 'Ansible raw', 'asyncssh', 'ssh2 as in its README'];

const seconds = (ms) => (ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms)} ms`);
const against = (other, ours) => (other === undefined ? '-' : `${(other.wallMs / ours.wallMs).toFixed(1)}×`);

const coldRows = (fleets) =>
  Object.entries(FLEETS).flatMap(([kind, words]) =>
    Object.entries(fleets[kind] ?? {}).flatMap(([hosts, measured]) => {
      const ours = measured['tcpstates, cold'];
      if (ours === undefined) return [];
      const cells = [
        `${hosts}, ${words}`,
        seconds(ours.wallMs),
        (ours.cpuMs / Number(hosts)).toFixed(1),
        ...COLD.map((name) => against(measured[`${name}, cold`], ours)),
      ];
      return [`| ${cells.join(' | ')} |`];
    }),
  );

/** ours, and what a ControlMaster is asked beside it */
const WARM = [
  ['a session each', 'warm, a session each', 'warm, a session each'],
  ['kept session', 'warm, kept session', 'warm, a session each'],
  ['kept session, counts alone', 'warm, counts alone, kept session', 'warm, counts alone'],
];

const warmRows = (fleets) =>
  Object.entries(fleets.sshd ?? {}).flatMap(([hosts, measured]) =>
    WARM.flatMap(([words, own, theirs]) => {
      const ours = measured[`tcpstates, ${own}`];
      const master = measured[`OpenSSH ControlMaster, ${theirs}`];
      if (ours === undefined) return [];
      const memory = master?.idleMb === undefined ? '-' : `${ours.idleMb} / ${master.idleMb} MB`;
      return [`| ${hosts}, ${words} | ${seconds(ours.wallMs)} | ${against(master, ours)} | ${memory} |`];
    }),
  );

const targetRows = (targets) =>
  targets.map(
    ({ work, asked, measured, reached }) =>
      `| ${work} | ${asked} | ${measured} | ${reached === undefined ? 'of 1,000 hosts' : reached ? 'yes' : 'no'} |`,
  );

/** What others did when it began; at the end the load is the bench's own. */
const busy = ([before], processors) => (before > 0.5 * processors ? `, which others used too (load ${before})` : '');

/** @returns {string} Markdown: how much longer the others take, then what warm connections bring */
export const benchTable = ({ date, node, processors, load, fleets, missing, targets = [] }) => {
  const left = Object.entries(missing).map(([name, why]) => `${name} (${why})`);
  return [
    `Measured on ${date} by \`npm run bench\`: Node ${node}, ${processors} processors${busy(load, processors)}. The same question to every host; how many times as long the others take; OpenSSH with curve25519 and AES-GCM, its own defaults take longer.`,
    '',
    `| cold, hosts | tcpstates | its CPU ms a host | ${COLD.join(' | ')} |`,
    `|---|---|---|${COLD.map(() => '---|').join('')}`,
    ...coldRows(fleets),
    '',
    '| warm, hosts | tcpstates | ControlMaster takes | memory, tcpstates / masters |',
    '|---|---|---|---|',
    ...warmRows(fleets),
    ...(targets.length === 0
      ? []
      : [
          '',
          '| what we hold ourselves to | asked | measured | reached |',
          '|---|---|---|---|',
          ...targetRows(targets),
        ]),
    ...(left.length === 0 ? [] : ['', `Not measured: ${left.join(', ')}.`]),
  ].join('\n');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const result = JSON.parse(readFileSync(new URL('../bench/results/latest.json', import.meta.url), 'utf8'));
  keepTable('bench', benchTable(result), 'node scripts/bench-table.mjs');
}
