// The short table of figures in README.md, between its markers, out of bench/results/latest.json. `--check` says whether it is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const BEGIN = '<!-- bench:begin -->';
export const END = '<!-- bench:end -->';

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

const warmRows = (fleets) =>
  Object.entries(fleets.sshd ?? {}).flatMap(([hosts, measured]) => {
    const master = measured['OpenSSH ControlMaster, warm, a session each'];
    return ['a session each', 'kept session', 'kept session, builtins only'].flatMap((phase) => {
      const ours = measured[`tcpstates, warm, ${phase}`];
      if (ours === undefined) return [];
      const memory = master?.idleMb === undefined ? '-' : `${ours.idleMb} / ${master.idleMb} MB`;
      return [`| ${hosts}, ${phase} | ${seconds(ours.wallMs)} | ${against(master, ours)} | ${memory} |`];
    });
  });

/** @returns {string} Markdown: how much longer the others take, then what warm connections bring */
export const benchTable = ({ date, node, processors, load, fleets, missing }) => {
  const left = Object.entries(missing).map(([name, why]) => `${name} (${why})`);
  return [
    `Measured on ${date} by \`npm run bench\`: Node ${node}, ${processors} processors, which others used too (load ${load.join(' to ')}). The same question to every host; how many times as long the others take; OpenSSH with curve25519 and AES-GCM, its own defaults take longer.`,
    '',
    `| cold, hosts | tcpstates | its CPU ms a host | ${COLD.join(' | ')} |`,
    `|---|---|---|${COLD.map(() => '---|').join('')}`,
    ...coldRows(fleets),
    '',
    '| warm, hosts | tcpstates | ControlMaster takes | memory, tcpstates / masters |',
    '|---|---|---|---|',
    ...warmRows(fleets),
    ...(left.length === 0 ? [] : ['', `Not measured: ${left.join(', ')}.`]),
  ].join('\n');
};

/** @returns {string} the text with the table in place of what stands between the markers */
export const withTable = (readme, table) => {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`README.md has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, from + BEGIN.length)}\n${table}\n${readme.slice(to)}`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = fileURLToPath(new URL('../README.md', import.meta.url));
  const result = JSON.parse(readFileSync(new URL('../bench/results/latest.json', import.meta.url), 'utf8'));
  const readme = readFileSync(file, 'utf8');
  const fresh = withTable(readme, benchTable(result));
  if (!process.argv.includes('--check')) writeFileSync(file, fresh);
  else if (fresh !== readme) {
    process.stderr.write('The figures in README.md are stale: node scripts/bench-table.mjs\n');
    process.exit(1);
  }
}
