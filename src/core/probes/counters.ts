/** Cumulative counters at both ends of the interval; rates are their differences (only rates count: counters are since boot). */
import type { Probe, Section } from '../probe.js';
import { type CounterSnapshot, type Counters, failed, ok, type Reading } from '../snapshot.js';
import { counterValue, decimal, fileLines, hexadecimal, snapSection, words } from '../transcript-words.js';

const COUNTER_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Columns that are the size of the whole table on every processor's row, not a share of it. */
const NOT_PER_CPU = new Set(['entries']);

/** Per-CPU tables in hexadecimal below one line of column names; columns differ by kernel, so they are read by name. */
const PER_CPU_TABLES = [
  { path: '/proc/net/stat/nf_conntrack', prefix: 'conntrack' },
  { path: '/proc/net/stat/ip_conntrack', prefix: 'conntrack' },
  { path: '/proc/net/stat/arp_cache', prefix: 'arp_cache' },
  { path: '/proc/net/stat/ndisc_cache', prefix: 'ndisc_cache' },
] as const;

/** /proc/net/snmp and /proc/net/netstat: a line of names, then a line of values, both after the same `Group:`. */
const readPairedLines = (lines: readonly string[], into: Record<string, number>): void => {
  for (let index = 0; index + 1 < lines.length; index += 1) {
    const names = words(lines[index] ?? '');
    const values = words(lines[index + 1] ?? '');
    const group = names[0];
    if (group === undefined || group !== values[0] || names.length !== values.length) continue;
    if (!/^[A-Za-z][A-Za-z0-9]{0,31}:$/.test(group) || !COUNTER_NAME.test(names[1] ?? '')) continue;
    for (let column = 1; column < names.length; column += 1) {
      const value = counterValue(values[column]);
      const name = names[column] ?? '';
      if (value !== undefined && COUNTER_NAME.test(name)) into[`${group.slice(0, -1)}.${name}`] = value;
    }
    index += 1;
  }
};

/** @returns sums by column name; empty where the table is absent or a row does not fit its heading */
export const perCpuSums = (lines: readonly string[]): Map<string, number> => {
  const [heading, ...rows] = lines;
  const names = words(heading ?? '');
  const sums = new Map<string, number>();
  if (rows.length === 0 || !names.every((name) => COUNTER_NAME.test(name))) return sums;
  for (const row of rows) {
    const cells = words(row);
    if (cells.length !== names.length) return new Map();
    for (const [column, name] of names.entries()) {
      const value = hexadecimal(cells[column]);
      if (value === undefined) return new Map();
      const before = sums.get(name) ?? 0;
      sums.set(name, NOT_PER_CPU.has(name) ? Math.max(before, value) : before + value);
    }
  }
  return sums;
};

/** /proc/net/softnet_stat: no heading; processed, dropped, time_squeeze are its first three columns since 2.6. */
const readSoftnet = (lines: readonly string[], into: Record<string, number>): void => {
  const sums = [0, 0, 0];
  for (const line of lines) {
    const cells = words(line).slice(0, 3).map(hexadecimal);
    if (cells.length < 3) return;
    for (const [column, value] of cells.entries()) {
      if (value === undefined) return;
      sums[column] = (sums[column] ?? 0) + value;
    }
  }
  if (lines.length === 0) return;
  for (const [column, name] of ['processed', 'dropped', 'time_squeeze'].entries())
    into[`softnet.${name}`] = sums[column] ?? 0;
};

const readSnapshot = (
  section: Section | undefined,
): (CounterSnapshot & { values: Record<string, number> }) | undefined => {
  const uptimeSeconds = decimal(words(fileLines(section, '/proc/uptime')[0] ?? '')[0]);
  if (uptimeSeconds === undefined) return undefined;
  const values: Record<string, number> = {};
  for (const path of ['/proc/net/netstat', '/proc/net/snmp']) readPairedLines(fileLines(section, path), values);
  for (const { path, prefix } of PER_CPU_TABLES)
    for (const [name, value] of perCpuSums(fileLines(section, path))) values[`${prefix}.${name}`] ??= value;
  readSoftnet(fileLines(section, '/proc/net/softnet_stat'), values);
  return { uptimeSeconds, values };
};

const parse = (sections: readonly Section[]): Reading<Counters> => {
  const first = readSnapshot(snapSection(sections, 1));
  if (first === undefined) return failed('the first counter snapshot is missing or has no /proc/uptime');
  if (Object.keys(first.values).length === 0)
    return failed('neither /proc/net/netstat nor /proc/net/snmp could be read');
  const second = readSnapshot(snapSection(sections, 2));
  // sums over other rows than before are no counters: their difference would be a row, not a rate
  for (const { path, prefix } of PER_CPU_TABLES) {
    const rows = ([1, 2] as const).map((which) => fileLines(snapSection(sections, which), path).length);
    if (second !== undefined && rows[0] !== rows[1])
      for (const values of [first.values, second.values])
        for (const name of Object.keys(values)) if (name.startsWith(`${prefix}.`)) delete values[name];
  }
  const intervalSeconds = second === undefined ? 0 : Number((second.uptimeSeconds - first.uptimeSeconds).toFixed(2));
  // An interval of nothing gives no rates; a clock that ran backwards gives no trust either.
  return second === undefined || intervalSeconds <= 0
    ? ok({ first, intervalSeconds: 0 })
    : ok({ first, second, intervalSeconds });
};

export const probe: Probe<'counters'> = {
  id: 'counters',
  reads: ['counters'],
  snippets: {
    snapshotFiles: [
      { path: '/proc/uptime' },
      { path: '/proc/net/netstat', keep: '^TcpExt' },
      { path: '/proc/net/snmp', keep: '^Tcp:' },
      ...PER_CPU_TABLES.map(({ path }) => ({ path })),
      { path: '/proc/net/softnet_stat' },
    ],
  },
  parse: (sections) => ({ counters: parse(sections) }),
};
