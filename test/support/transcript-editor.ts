/**
 * Transcripts that nobody recorded: a recorded one, and what you change of it, in the form in which a host prints it.
 *
 *     recorded('c06').counter('TcpExt.ListenOverflows', { from: 3797, rise: 0 }).sysctl('ipv4/tcp_tw_reuse', '1').text()
 *
 * Sockets are given as populations and added up as the probe's awk does: groups below 5 (10 in TIME_WAIT) are left out.
 */
import { readFileSync } from 'node:fs';

const folder = new URL('../transcripts/', import.meta.url);

interface Part {
  /** without the `@@`: `snap 1`, `states ss` */
  title: string;
  lines: readonly string[];
}

export interface ListeningPort {
  port: number;
  address?: string;
  /** connections that wait for accept() */
  waiting?: number;
  limit?: number;
}

/** Sockets of one state that have the same peer, or the same listening port. */
export interface Population {
  /** as ss prints it: `CLOSE-WAIT` */
  state: string;
  count: number;
  /** our listening port */
  on?: number;
  /** `10.0.0.9:5432`; without `on` and `to`: many peers, each too small to be listed */
  to?: string;
  from?: string;
  timer?: string;
  retries?: boolean;
  receiveQueue?: number;
  sendQueue?: number;
  /** the first local port of these; others follow in steps of 2 (`connect()` keeps to one parity) or 1 (`bind()`) */
  firstPort?: number;
  portStep?: number;
}

export interface SocketList {
  listeners?: readonly ListeningPort[];
  populations?: readonly Population[];
  /** local ports that were looked at for TIME_WAIT; without it all were */
  sampledPorts?: number;
  /** as a host without ss tells it */
  proc?: boolean;
}

const GROUP_MIN = 5;
const TIME_WAIT_GROUP_MIN = 10;
const TIME_WAIT_ASKED_FROM = 200;

const hexadecimal = (value: number): string => value.toString(16).padStart(8, '0');

const portsOf = (population: Population, low: number, high: number): readonly number[] => {
  const { firstPort = low, portStep = 2, count } = population;
  const ports: number[] = [];
  for (let start = firstPort; ports.length < count && start < firstPort + portStep; start += 1)
    for (let port = start; port <= high && ports.length < count; port += portStep) ports.push(port);
  return ports;
};

/** The lines of `@@states` or `@@timewait` for these populations. */
const listed = (
  populations: readonly Population[],
  listeners: readonly ListeningPort[],
  range: { low: number; high: number },
  groupMin: number,
  listenersToo: boolean,
): readonly string[] => {
  const sum = (of: readonly Population[], value: (it: Population) => number): number =>
    of.reduce((total, it) => total + value(it), 0);
  const states = [...new Set(populations.map(({ state }) => state))];
  const outgoing = populations.filter(({ on, to }) => on === undefined && to !== undefined);
  const used = outgoing.flatMap((it) => portsOf(it, range.low, range.high));
  const inRange = used.filter((port) => port >= range.low && port <= range.high);
  const odd = inRange.filter((port) => port % 2 === 1).length;
  const closing = populations.filter(({ state }) => /^(FIN-WAIT|LAST-ACK)/.test(state));
  const full = listeners.filter(({ waiting = 0, limit = 4096 }) => limit > 0 && waiting >= limit).length;
  const total = sum(populations, ({ count }) => count) + listeners.length;
  return [
    ...(listenersToo
      ? listeners.map(
          ({ port, address = '0.0.0.0', waiting = 0, limit = 4096 }) => `L ${waiting} ${limit} ${address}:${port}`,
        )
      : []),
    ...states.map((state) => {
      const of = populations.filter((it) => it.state === state);
      const queued = (queue: 'receiveQueue' | 'sendQueue'): readonly Population[] =>
        of.filter((it) => (it[queue] ?? 0) > 0);
      return `S ${state} ${sum(of, ({ count }) => count)} ${sum(of, (it) => it.count * (it.receiveQueue ?? 0))} ${sum(of, (it) => it.count * (it.sendQueue ?? 0))} ${sum(queued('receiveQueue'), ({ count }) => count)} ${sum(queued('sendQueue'), ({ count }) => count)}`;
    }),
    ...(listeners.length > 0 ? [`S LISTEN ${listeners.length} 0 0 0 0`] : []),
    ...closing.map(
      ({ state, timer, retries, count }) =>
        `M ${state} ${timer ?? 'none'} ${timer === undefined ? '-' : retries ? 'retry' : '0'} ${count}`,
    ),
    `E ${inRange.length} ${new Set(inRange).size} ${inRange.length - odd} ${odd} ${total}`,
    ...(full > 0 && listenersToo ? [`X full-listener ${full}`] : []),
    ...populations
      .filter(({ count, on, to }) => count >= groupMin && (on !== undefined || to !== undefined))
      .map(({ state, count, on, to, from = '10.0.0.1' }) =>
        on === undefined ? `G ${count} ${state} out ${from} ${to}` : `G ${count} ${state} in ${on}`,
      ),
  ];
};

export class Transcript {
  private constructor(private readonly parts: readonly Part[]) {}

  static of(text: string): Transcript {
    const parts: { title: string; lines: string[] }[] = [];
    for (const line of text.trimEnd().split('\n'))
      if (line.startsWith('@@')) parts.push({ title: line.slice(2), lines: [] });
      else parts.at(-1)?.lines.push(line);
    return new Transcript(parts);
  }

  text(): string {
    return `${this.parts.flatMap(({ title, lines }) => [`@@${title}`, ...lines]).join('\n')}\n`;
  }

  private mapped(change: (part: Part) => Part): Transcript {
    return new Transcript(this.parts.map(change));
  }

  private lines(which: RegExp, change: (lines: readonly string[], title: string) => readonly string[]): Transcript {
    return this.mapped((part) => (which.test(part.title) ? { ...part, lines: change(part.lines, part.title) } : part));
  }

  /** Leaves a section out, by its title: `snap 2`, `sysctl`, `end`. */
  without(...titles: readonly string[]): Transcript {
    return new Transcript(this.parts.filter(({ title }) => !titles.includes(title)));
  }

  /** Replaces a section whatever its argument, or puts it before the second snapshot. */
  section(title: string, lines: readonly string[]): Transcript {
    const [name] = title.split(' ');
    const others = this.parts.filter(({ title: other }) => other.split(' ')[0] !== name);
    const at = others.findIndex((part) => part.title === 'klog' || part.title === 'snap 2');
    return new Transcript([...others.slice(0, at), { title, lines }, ...others.slice(at)]);
  }

  /** @param kernel release, e.g. `3.10.0-1160.el7.x86_64` */
  meta(changes: { kernel?: string; uid?: number; container?: boolean; memoryMebibytes?: number }): Transcript {
    const { kernel, uid, container, memoryMebibytes } = changes;
    return this.lines(/^meta$/, (lines) => {
      const changed = lines
        .filter((line) => container === undefined || line !== 'container=1')
        .map((line) => {
          if (line.startsWith('probe='))
            return line
              .replace(/uid=\d+/, uid === undefined ? '$&' : `uid=${uid}`)
              .replace(/uname=Linux \S+/, kernel === undefined ? '$&' : `uname=Linux ${kernel}`);
          return memoryMebibytes !== undefined && line.startsWith('MemTotal:')
            ? `MemTotal:       ${memoryMebibytes * 1024} kB`
            : line;
        });
      return container === true ? [...changed, 'container=1'] : changed;
    });
  }

  sysctl(path: string, value: string | number | undefined): Transcript {
    return this.lines(/^sysctl$/, (lines) => [
      ...lines.filter((line) => !line.startsWith(`${path}:`)),
      ...(value === undefined ? [] : [`${path}:${value}`]),
    ]);
  }

  sysctls(values: Readonly<Record<string, string | number | undefined>>): Transcript {
    return Object.entries(values).reduce<Transcript>((it, [path, value]) => it.sysctl(path, value), this);
  }

  /** One file of the snapshots, whole; undefined takes it away. */
  file(path: string, lines: readonly string[] | undefined, snapshots = /^snap [12]$/): Transcript {
    return this.lines(snapshots, (before) => [
      ...before.filter((line) => !line.startsWith(`${path}:`)),
      ...(lines ?? []).map((line) => `${path}:${line}`),
    ]);
  }

  /** A counter of /proc/net/netstat or /proc/net/snmp: its value since boot, and what it rises by in the interval. */
  counter(name: string, { from, rise }: { from?: number; rise: number }): Transcript {
    const [group = '', column = ''] = name.split('.');
    let first = from;
    return this.lines(/^snap [12]$/, (lines, title) => {
      const at = lines.findIndex((line) => line.includes(`:${group}: `));
      const names = (lines[at] ?? '').split(' ');
      const values = (lines[at + 1] ?? '').split(' ');
      let index = names.indexOf(column);
      if (index < 0) {
        index = names.length;
        names.push(column);
        values.push('0');
      }
      first ??= Number(values[index]);
      values[index] = String(title === 'snap 1' ? first : first + rise);
      return [...lines.slice(0, at), names.join(' '), values.join(' '), ...lines.slice(at + 2)];
    });
  }

  counters(rises: Readonly<Record<string, number>>): Transcript {
    return Object.entries(rises).reduce<Transcript>((it, [name, rise]) => it.counter(name, { rise }), this);
  }

  /** A kernel without these counters. */
  withoutCounters(...counters: readonly string[]): Transcript {
    return this.lines(/^snap [12]$/, (lines) => {
      const changed = [...lines];
      for (const name of counters) {
        const [group, column = ''] = name.split('.');
        const at = changed.findIndex((line) => line.includes(`:${group}: `));
        const index = (changed[at] ?? '').split(' ').indexOf(column);
        if (index < 0) continue;
        for (const row of [at, at + 1]) changed[row] = (changed[row] ?? '').split(' ').toSpliced(index, 1).join(' ');
      }
      return changed;
    });
  }

  /** A table of /proc/net/stat in hexadecimal, one row for each of two processors. */
  table(path: string, columns: Readonly<Record<string, number | readonly [from: number, rise: number]>>): Transcript {
    const rows = (second: boolean): readonly string[] => {
      const cells = Object.values(columns).map((it) =>
        typeof it === 'number' ? [it, 0] : [it[0] + (second ? it[1] : 0), 1],
      );
      return [0, 1].map((processor) =>
        cells
          // a share of a counter on each processor; a gauge is on every row
          .map(([value = 0, counted]) =>
            counted === 0 ? value : processor === 0 ? Math.floor(value / 2) : value - Math.floor(value / 2),
          )
          .map(hexadecimal)
          .join(' '),
      );
    };
    const heading = Object.keys(columns).join(' ');
    return this.file(path, [heading, ...rows(false)], /^snap 1$/).file(path, [heading, ...rows(true)], /^snap 2$/);
  }

  /** The connection-tracking table with its statistics. */
  conntrack(table: {
    count: number;
    max: number;
    buckets?: number;
    dropped?: readonly [from: number, rise: number];
    evicted?: readonly [from: number, rise: number];
  }): Transcript {
    const { count, max, buckets = 262_144, dropped = [0, 0], evicted = [0, 0] } = table;
    return this.file('/proc/sys/net/netfilter/nf_conntrack_count', [String(count)])
      .sysctls({ 'netfilter/nf_conntrack_max': max, 'netfilter/nf_conntrack_buckets': buckets })
      .table('/proc/net/stat/nf_conntrack', {
        entries: count,
        clashres: 0,
        found: 0,
        invalid: 0,
        insert_failed: 0,
        drop: dropped,
        early_drop: evicted,
        search_restart: 0,
      });
  }

  /** The numbers of the line `TCP:` of /proc/net/sockstat, at both ends of the interval. */
  sockstat(values: Readonly<Partial<Record<'inuse' | 'orphan' | 'tw' | 'alloc' | 'mem', number>>>): Transcript {
    return this.lines(/^snap [12]$/, (lines) =>
      lines.map((line) =>
        line.startsWith('/proc/net/sockstat:TCP:')
          ? Object.entries(values).reduce(
              (it, [name, value]) => it.replace(new RegExp(` ${name} \\d+`), ` ${name} ${value}`),
              line,
            )
          : line,
      ),
    );
  }

  /** Seconds between the two snapshots, by the host's own clock. */
  interval(seconds: number): Transcript {
    const first = /^\/proc\/uptime:(\S+)/m.exec(this.text())?.[1] ?? '0';
    return this.file('/proc/uptime', [`${(Number(first) + seconds).toFixed(2)} 1.00`], /^snap 2$/);
  }

  pressed(memoryPages: number, press: boolean): Transcript {
    return this.lines(/^snap [12]$/, (lines) =>
      lines.map((line) =>
        /^\/proc\/net\/protocols:TCP(v6)? /.test(line)
          ? line.replace(/( +\d+ +\d+) +\d+ +(?:yes|no) /, `$1 ${memoryPages} ${press ? 'yes' : 'no'} `)
          : line,
      ),
    );
  }

  /** All sockets anew. The number of TIME_WAIT in sockstat follows, orphaned FIN_WAIT2 with it. */
  sockets({ listeners = [{ port: 80 }], populations = [], sampledPorts, proc = false }: SocketList): Transcript {
    const [low = 32_768, high = 60_999] = (/^ipv4\/ip_local_port_range:(.*)$/m.exec(this.text())?.[1] ?? '')
      .split(/\s+/)
      .map(Number);
    const range = { low: low || 32_768, high };
    const waiting = populations.filter(({ state }) => state === 'TIME-WAIT');
    const others = populations.filter(({ state }) => state !== 'TIME-WAIT');
    const counted = (of: readonly Population[]): number => of.reduce((sum, { count }) => sum + count, 0);
    const tw = counted(waiting);
    const minis = counted(others.filter(({ state, timer }) => state === 'FIN-WAIT-2' && timer === 'timewait'));
    const next = this.without(
      ...this.parts.filter(({ title }) => title.startsWith('timewait')).map(({ title }) => title),
    )
      .sockstat({ tw: tw + minis })
      .section(
        proc ? 'states proc win=0' : 'states ss',
        proc
          ? listed(
              populations,
              listeners.map((it) => ({ ...it, limit: 0 })),
              range,
              GROUP_MIN,
              true,
            )
          : listed(others, listeners, range, GROUP_MIN, true),
      );
    if (proc || tw < TIME_WAIT_ASKED_FROM) return next;
    const share = sampledPorts === undefined ? 1 : sampledPorts / (high - range.low + 1);
    const seen = waiting.map((it) => ({ ...it, count: Math.round(it.count * share) }));
    return next.section(
      sampledPorts === undefined ? 'timewait full' : `timewait ports=${sampledPorts}`,
      listed(seen, listeners, range, TIME_WAIT_GROUP_MIN, false),
    );
  }

  /** How long CLOSE_WAIT have been idle, and whose they are. */
  closeWait(
    ages: { looked: number; idle5s: number; idle60s?: number; longestMs?: number },
    owners: readonly string[] = [],
  ): Transcript {
    const { looked, idle5s, idle60s = 0, longestMs = idle5s > 0 ? 9000 : 400 } = ages;
    return this.section('closewait', [`n=${looked} ge5s=${idle5s} ge60s=${idle60s} max_ms=${longestMs}`]).section(
      'owners',
      owners.length > 0 ? owners : [`${looked} unattributed`],
    );
  }

  /** Processes whose open files were counted: `17257 python3 fds=329 soft=1024`. */
  processes(...lines: readonly string[]): Transcript {
    return this.section('procs', lines);
  }

  log(...lines: readonly string[]): Transcript {
    return this.lines(/^klog/, () => lines);
  }
}

/** A recorded transcript, by its name in test/transcripts. */
export const recorded = (name: string): Transcript =>
  Transcript.of(readFileSync(new URL(`${name}.txt`, folder), 'utf8'));

/**
 * A healthy, busy machine of today's kernel, looked at as root from its initial namespace: the recorded idle host, with what
 * only the initial namespace shows, and some traffic.
 */
export const machine = (): Transcript =>
  recorded('c06')
    .meta({ container: false, memoryMebibytes: 16_384 })
    .sysctls({
      'ipv4/tcp_max_orphans': 65_536,
      'ipv4/tcp_mem': '190000\t254000\t380000',
      'core/netdev_max_backlog': 1000,
      ...Object.fromEntries(
        ['ipv4', 'ipv6'].flatMap((family) =>
          [128, 512, 1024].map((value, index) => [`${family}/neigh/default/gc_thresh${index + 1}`, value]),
        ),
      ),
      '../kernel/dmesg_restrict': 0,
    })
    .table('/proc/net/stat/arp_cache', { entries: 12, allocs: 40, table_fulls: [7, 0] })
    .table('/proc/net/stat/ndisc_cache', { entries: 4, allocs: 40, table_fulls: [0, 0] })
    .conntrack({ count: 900, max: 262_144 })
    .counters({ 'Tcp.InSegs': 8000, 'Tcp.OutSegs': 10_000, 'Tcp.RetransSegs': 20, 'Tcp.PassiveOpens': 200 })
    .log()
    .sockets({
      listeners: [{ port: 22, limit: 128 }, { port: 80 }],
      populations: [
        { state: 'ESTAB', count: 120, on: 80 },
        { state: 'ESTAB', count: 20, to: '10.0.0.9:5432' },
      ],
    });
