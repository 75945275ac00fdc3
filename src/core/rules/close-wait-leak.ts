import { AVOID } from '../avoidances.js';
import type { Advice } from '../finding.js';
import { grouped } from '../grouped.js';
import { allOf, anyOf, Inquiry, type Known, reaches } from '../inquiry.js';
import type { Rule } from '../rule.js';
import type { Sockets } from '../snapshot.js';

/** Growth that is no noise: a tenth more than before. */
const GROWTH_RATIO = 1.1;

const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;

/**
 * CLOSE_WAIT that nobody has accepted yet wait in a listener's queue: the application is slow there, it leaks nothing. At
 * most as many as wait on their port; those of ports with too few to be listed may be in any queue.
 */
const inAcceptQueues = (q: Inquiry, count: number, sockets: Sockets): number => {
  const waiting = new Map<number, number>();
  for (const { port, queueLength } of sockets.listeners) waiting.set(port, (waiting.get(port) ?? 0) + queueLength);
  let queued = 0;
  let unlisted = count;
  for (const group of sockets.groups) {
    if (group.state !== 'CLOSE_WAIT') continue;
    unlisted -= group.count;
    const room = group.direction === 'in' ? (waiting.get(group.localPort) ?? 0) : 0;
    const held = Math.min(room, group.count);
    queued += held;
    if (group.direction === 'in') waiting.set(group.localPort, room - held);
  }
  const left = [...waiting.values()].reduce((sum, length) => sum + length, 0);
  queued += Math.min(Math.max(0, unlisted), left);
  const owners = q.detail('closeWaitOwners');
  const ownersSeen = owners !== undefined && (owners.owners.length > 0 || q.detail('facts')?.uid === 0);
  return ownersSeen ? Math.min(queued, owners.unattributed) : queued;
};

const isGrowing = (q: Inquiry, count: number): Known => {
  const age = q.detail('closeWaitAge');
  if (age?.by === 'persistence' && age.before > 0) return age.after >= age.before * GROWTH_RATIO;
  const before = q.previous?.readings.sockets;
  if (before?.status === 'ok') return count >= Math.max(1, before.value.counts.CLOSE_WAIT.total) * GROWTH_RATIO;
  // CurrEstab is ESTABLISHED + CLOSE_WAIT: where nearly all of it is CLOSE_WAIT, its growth is theirs
  const counters = q.detail('counters');
  const from = counters?.first.values['Tcp.CurrEstab'];
  const to = counters?.second?.values['Tcp.CurrEstab'];
  const established = q.detail('sockets')?.counts.ESTABLISHED.total;
  if (from === undefined || to === undefined || established === undefined) return undefined;
  return count >= 0.8 * (count + established) ? to >= Math.max(1, from) * GROWTH_RATIO : undefined;
};

export const rule: Rule = {
  id: 'close-wait-leak',
  title: 'The application does not close connections that its peers have closed (CLOSE_WAIT pile)',
  why: 'CLOSE_WAIT has no timeout: every such socket keeps its file descriptor until the application closes it, until none are left.',
  symptoms: 'Nothing at first; then "Too many open files", a full accept queue, and no new connection.',
  needs: ['sockets'],
  rank: 30,
  severity: 'crit',
  thresholds: {
    CLOSE_WAIT_MIN: { value: 50, unit: 'sockets', source: 'measured: fewer come and go on busy hosts' },
    CLOSE_WAIT_IDLE_RATIO: {
      value: 0.3,
      unit: 'ratio',
      source: 'share idle for 5 s or more; measured: 151 transient ones at 300/s x 0.5 s have none',
    },
    CLOSE_WAIT_CRIT: { value: 500, unit: 'sockets', source: 'half of the usual limit of 1024 file descriptors' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockets = q.reading('sockets');
    const count = sockets?.counts.CLOSE_WAIT.total;
    if (sockets === undefined || count === undefined) {
      q.ask('How many sockets are in CLOSE_WAIT?', undefined, 'unknown');
      return q.conclude(undefined);
    }
    const min = q.threshold('CLOSE_WAIT_MIN');
    q.show({ name: 'CLOSE_WAIT', value: count, unit: 'sockets', source: 'ss or /proc/net/tcp' });
    const many = q.askReaches('the number of CLOSE_WAIT sockets', count, min);
    if (many === false) return q.conclude(false);

    const queued = inAcceptQueues(q, count, sockets);
    const leaked = count - queued;
    if (queued > 0)
      q.show({
        name: 'CLOSE_WAIT in accept queues',
        value: queued,
        unit: 'sockets',
        source: 'ss: without an owner, and Recv-Q of listeners',
        formula: 'min(without owner, waiting for accept())',
      });
    const ownersUnknown = (q.detail('closeWaitOwners')?.owners.length ?? 0) === 0 && q.detail('facts')?.uid !== 0;
    let ours: Known = leaked >= min;
    if (!ours && ownersUnknown) {
      ours = undefined;
      q.lacks('which of the CLOSE_WAIT sockets the application has accepted (needs root)', false);
    }
    q.ask(
      'Has the application accepted them (are they not just waiting in a full accept queue)?',
      ours,
      `${grouped(leaked)} of ${grouped(count)} are in no accept queue`,
    );

    const age = q.reading('closeWaitAge');
    const ratioMin = q.threshold('CLOSE_WAIT_IDLE_RATIO');
    let share: number | undefined;
    if (age?.by === 'idle' && age.sampled > 0) {
      share = age.idle5s / age.sampled;
      q.show({
        name: 'idle for 5 s or more',
        value: age.idle5s,
        unit: 'sockets',
        source: 'ss -i, lastrcv',
        limit: age.sampled,
        formula: `longest ${age.longestMs} ms, ${age.idle60s} for 60 s or more`,
      });
    } else if (age?.by === 'persistence' && age.before > 0) {
      share = age.same / age.before;
      q.show({
        name: 'still there at the end of the interval',
        value: age.same,
        unit: 'sockets',
        source: '/proc/net/tcp, twice',
        limit: age.before,
      });
    } else if (age !== undefined) q.lacks('how long CLOSE_WAIT sockets have been idle: no ages were printed', true);
    const idle = q.ask(
      `Are at least ${percent(ratioMin)} of them left lying?`,
      reaches(share, ratioMin),
      share === undefined ? 'unknown' : percent(share),
    );

    const growing = isGrowing(q, count);
    q.ask('Is the pile growing?', growing, growing === undefined ? 'unknown' : growing ? 'yes' : 'no');
    const owners = q.detail('closeWaitOwners')?.owners ?? [];
    // a pile that has stopped growing because its process has no descriptor left is past the worst, not before it
    const exhausted = (q.detail('processes') ?? []).some(
      ({ pid, openFiles, softLimit }) => openFiles >= softLimit && owners.some((owner) => owner.pid === pid),
    );
    if (exhausted) q.ask('Has the leak taken every descriptor of its process?', true, 'yes');
    const urgent = anyOf(exhausted, reaches(count, q.threshold('CLOSE_WAIT_CRIT')), growing);
    const advice: Advice[] = owners.slice(0, 3).map(({ process, pid, count: held }) => ({
      // Counted a moment after the sockets were: by then there may be more.
      what: `holds ${held >= count ? 'all' : grouped(held)} of them: find where it does not close after the peer did (read returns 0); restarting it frees them for a while`,
      about: `${process} (pid ${pid})`,
    }));
    const ports = sockets.groups
      .filter(({ state }) => state === 'CLOSE_WAIT')
      .sort((a, b) => b.count - a.count)
      .slice(0, 3)
      .map((group) =>
        group.direction === 'in' ? `port ${group.localPort}` : `to ${group.peerAddress}:${group.peerPort}`,
      );
    if (advice.length === 0)
      advice.push({
        what: 'find the process (ss -tanp state close-wait, as root) and where it does not close after the peer did',
        ...(ports[0] !== undefined && { about: ports[0] }),
      });
    return q.conclude(allOf(many, ours, idle), {
      severity: urgent === true ? 'crit' : 'warn',
      confidence: age?.by === 'persistence' ? 'medium' : 'high',
      ...(owners[0] !== undefined
        ? { subject: `${owners[0].process} (pid ${owners[0].pid})` }
        : ports[0] !== undefined && { subject: ports[0] }),
      advice,
    });
  },
  avoid: [
    AVOID.articleFour,
    {
      what: 'net.ipv4.tcp_keepalive_*',
      why: 'needs SO_KEEPALIVE, and timers that are armed keep their old time: what is there stays',
    },
    { what: 'ss -K', why: 'kills the sockets, the file descriptors stay leaked' },
  ],
  exceptions: [
    'CLOSE_WAIT that come and go: the application needs a moment to finish (151 at 300/s x 0.5 s is healthy).',
    'Sockets without an owner wait in a full accept queue: the peer gave up before accept().',
  ],
  kernels:
    'Idle times need ss with inet_diag; without it the same sockets are looked for at both ends of the interval.',
  sources: ['RFC 9293 section 3.3.2', 'man ss(8), option -i (lastrcv)'],
};
