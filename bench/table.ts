/** The figures of a run as Markdown, with how much less ours takes. */
import type { BenchResult, Measured } from './main.js';

const NAMES = {
  sshd: 'real sshd on the same machine, which its processors must serve too',
  cheap: 'hosts that cost this machine little and answer after 30 ms',
} as const;

const number = (value: number | undefined): string =>
  value === undefined ? '-' : value >= 100 ? Math.round(value).toLocaleString('en') : String(value);

const rows = (hosts: number, measured: Readonly<Record<string, Measured>>): string[] => {
  const ours = { cold: measured['tcpstates, cold'], warm: measured['tcpstates, warm, kept session'] };
  return Object.entries(measured).map(([name, one]) => {
    const base = name.endsWith(', cold') ? ours.cold : ours.warm;
    const ratio = base === undefined || base === one ? '' : `${(one.wallMs / base.wallMs).toFixed(1)}×`;
    const cells = [
      hosts,
      name,
      number(one.wallMs),
      ratio,
      number(one.cpuMs),
      number(Math.round((10 * one.cpuMs) / hosts) / 10),
      number(one.p50Ms),
      number(one.p95Ms),
      number(one.p99Ms),
      number(one.loopDelayMaxMs),
      number(one.idleMb),
    ];
    return `| ${cells.join(' | ')} |`;
  });
};

/** One table for each fleet. Ratios: wall time over ours, cold to cold, warm to our kept session. */
export const benchTable = ({ fleets, missing, load, date, node, processors }: BenchResult): string => {
  const head =
    '| hosts | tool | wall ms | of ours | client CPU ms | CPU ms a host | p50 | p95 | p99 | loop delay max | MB idle |\n|---|---|---|---|---|---|---|---|---|---|---|';
  const tables = (['sshd', 'cheap'] as const).map((kind) =>
    [
      `**${NAMES[kind]}**\n`,
      head,
      ...Object.entries(fleets[kind]).flatMap(([hosts, measured]) => rows(Number(hosts), measured)),
    ].join('\n'),
  );
  const left = Object.entries(missing).map(([name, why]) => `${name}: ${why}`);
  return [
    `${date}, Node ${node}, ${processors} processors, load ${load.join(' at the start, ')} at the end`,
    ...tables,
    ...(left.length === 0 ? [] : [`Not measured: ${left.join('; ')}`]),
  ].join('\n\n');
};
