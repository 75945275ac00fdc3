import { AVOID } from '../avoidances.js';
import type { Advice } from '../finding.js';
import { grouped } from '../grouped.js';
import { anyOf, Inquiry, reaches } from '../inquiry.js';
import { largestGroup } from '../largest-group.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';
import type { Sockets } from '../snapshot.js';

const GROWTH = 1.5;
const MEMORY_SHARE_MAX = 0.25;
/** Machines with other page sizes: 64 KiB errs on the safe side of the cap. */
const pageBytes = (architecture: string | undefined): number =>
  /^(x86_64|i[3-6]86|amd64|s390x)$/.test(architecture ?? '') ? 4096 : 65_536;

const mebibytes = (bytes: number): string => `${grouped(Math.round(bytes / 2 ** 20))} MiB`;

/** Who holds the memory: bytes that the application does not read, or that peers do not take. */
const holders = (sockets: Sockets | undefined): readonly Advice[] => {
  const queues = Object.values(sockets?.queues ?? {}).flatMap((it) => it ?? []);
  const unread = queues.reduce((sum, it) => sum + it.receiveQueueBytes, 0);
  const unsent = queues.reduce((sum, it) => sum + it.sendQueueBytes, 0);
  const of = (direction: 'read' | 'sent'): number =>
    queues.reduce((sum, it) => sum + (direction === 'read' ? it.socketsWithReceiveQueue : it.socketsWithSendQueue), 0);
  if (unread === 0 && unsent === 0)
    return [
      {
        what: 'find who holds it: ss -tanmp, sum of Recv-Q and Send-Q by process (other namespaces of the machine count as well)',
      },
    ];
  const about = largestGroup(sockets);
  return unsent >= unread
    ? [
        {
          what: `${mebibytes(unsent)} wait to be sent on ${grouped(of('sent'))} sockets: their peers do not read. Limit what is queued for one peer, and drop peers that do not read (write timeout, TCP_USER_TIMEOUT)`,
          ...about,
        },
      ]
    : [
        {
          what: `${mebibytes(unread)} wait to be read on ${grouped(of('read'))} sockets: the application does not read. Look whether it is blocked`,
          ...about,
        },
      ];
};

export const rule: Rule = {
  id: 'tcp-mem-pressure',
  title: 'TCP is short of memory',
  why: 'Above the pressure line the kernel shrinks every buffer of every connection of the machine; at the maximum it drops data and resets orphans.',
  symptoms: 'All transfers are slow; at the maximum connections stall or are reset.',
  needs: ['protocols', 'counters', 'sockstat'],
  rank: 60,
  severity: 'crit',
  thresholds: {
    TCP_MEM_CRIT_RATIO: {
      value: 0.9,
      unit: 'ratio',
      source: 'share of tcp_mem[2]; netdata health.d/tcp_mem.conf: critical above 90 %',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const inside = q.initialNamespace() !== true;
    const protocols = q.reading('protocols');
    const sockstat = q.reading('sockstat');
    const text = q.detail('sysctls')?.['net.ipv4.tcp_mem'];
    const triple = text?.trim().split(/\s+/).map(Number) ?? [];
    const [, pressure, max] = triple.length === 3 && triple.every(Number.isFinite) ? triple : [];
    if (max === undefined) q.lacks('net.ipv4.tcp_mem: printed in the initial network namespace only', !inside);
    // both are one number for the machine; the later reading of the two is the fresher one
    const pages = sockstat?.memoryPages ?? protocols?.memoryPages;
    if (pages !== undefined)
      q.show({
        name: 'TCP memory',
        value: pages,
        unit: 'pages',
        source: '/proc/net/sockstat, mem (the whole machine)',
        ...(max !== undefined && { limit: max }),
      });
    const pressed = q.ask(
      'Does the kernel say that TCP is under pressure?',
      protocols?.underPressure,
      protocols === undefined ? 'unknown' : protocols.underPressure ? 'press=yes' : 'press=no',
    );
    if (protocols !== undefined)
      q.show({
        name: 'under pressure',
        value: protocols.underPressure,
        unit: '',
        source: '/proc/net/protocols, row TCP',
      });
    const above = q.ask(
      'Is its memory at the pressure line (tcp_mem[1])?',
      // inside a namespace the line cannot be read; the kernel's own answer above stands for it
      pressure === undefined && inside ? false : reaches(pages, pressure),
      pages === undefined
        ? 'unknown'
        : `${grouped(pages)} of ${pressure === undefined ? 'unknown' : grouped(pressure)} pages`,
    );
    const entries = q.rate('TcpExt.TCPMemoryPressures');
    const entered = q.ask(
      'Did it enter pressure in the interval (TCPMemoryPressures)?',
      entries === undefined ? undefined : entries.delta > 0,
      entries === undefined ? 'unknown' : `${grouped(entries.delta)} times`,
    );
    const critical = reaches(pages, max === undefined ? undefined : max * q.threshold('TCP_MEM_CRIT_RATIO'));

    const facts = q.detail('facts');
    const total = facts?.memTotalBytes;
    const bytes = pageBytes(facts?.architecture);
    const wanted = triple.map((value) => Math.ceil(value * GROWTH));
    const within = total !== undefined && (wanted[2] ?? Number.POSITIVE_INFINITY) * bytes <= total * MEMORY_SHARE_MAX;
    const more =
      max === undefined || !within
        ? undefined
        : remedy(q, {
            key: 'net.ipv4.tcp_mem',
            from: text,
            to: wanted.join(' '),
            reason: `${GROWTH} x each of its three numbers; the largest is ${mebibytes((wanted[2] ?? 0) * bytes)}, at most a quarter of the memory`,
            memoryBytes: ((wanted[2] ?? 0) - max) * bytes,
            requires: ['a stopgap: whoever holds the memory goes on holding it'],
          });
    const advice: Advice[] = [...holders(q.detail('sockets'))];
    if (more === undefined)
      advice.push({
        what:
          max === undefined
            ? 'net.ipv4.tcp_mem belongs to the machine: x 1.5 there, from its initial network namespace, relieves at once'
            : 'net.ipv4.tcp_mem is as large as it can be proposed here: it would take more than a quarter of the memory',
      });
    return q.conclude(anyOf(pressed, above, entered), {
      severity: critical === true ? 'crit' : 'warn',
      confidence: pressed === true || above === true ? 'high' : 'medium',
      remedies: remedies(more),
      advice,
    });
  },
  avoid: [
    { what: 'net.ipv4.tcp_rmem or tcp_wmem with a higher maximum', why: 'each socket may then take even more' },
    { what: AVOID.articleFour.what, why: 'none of them frees memory: no effect (tried in a lab)' },
  ],
  exceptions: ['TCPMemoryPressures counts entries: it stays as it is while the pressure lasts.'],
  kernels: 'tcp_mem exists in the initial network namespace only; TCPMemoryPressuresChrono is missing up to 3.10.',
  sources: ['kernel ip-sysctl.rst, tcp_mem', 'netdata src/health/health.d/tcp_mem.conf'],
};
