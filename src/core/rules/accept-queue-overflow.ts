import { AVOID } from '../avoidances.js';
import type { Advice, Remedy } from '../finding.js';
import { grouped } from '../grouped.js';
import { anyOf, Inquiry, type Known } from '../inquiry.js';
import { remedies, remedy } from '../remedies.js';
import type { Rule } from '../rule.js';
import type { Listener, Sockets } from '../snapshot.js';

const SOMAXCONN_DEFAULT = 4096;

/** A queue takes limit + 1; a listener with limit 0 and nothing waiting is not full. */
const isFull = ({ queueLength, queueLimit }: Listener, limit = queueLimit): boolean =>
  limit !== undefined && queueLength > 0 && queueLength >= limit;

const fillOf = ({ queueLength, queueLimit }: Listener): number => queueLength / Math.max(1, queueLimit ?? 1);
const portOf = ({ address, port }: Listener): string => `port ${port}${address === '' ? '' : ` on ${address}`}`;

/** Whether any listener's queue is full; without ss only its length is known, and that no limit exceeds somaxconn. */
const anyFull = (q: Inquiry, sockets: Sockets, somaxconn: number | undefined): Known => {
  const answers = sockets.listeners.map((listener): Known => {
    if (listener.queueLimit !== undefined) return isFull(listener);
    if (listener.queueLength === 0) return false;
    return somaxconn !== undefined && isFull(listener, somaxconn) ? true : undefined;
  });
  if (sockets.listenersOmitted > 0) {
    answers.push(undefined);
    q.lacks(`${grouped(sockets.listenersOmitted)} more listeners were not listed`, false);
  }
  const known = anyOf(...answers);
  if (known === undefined && sockets.listeners.some(({ queueLimit }) => queueLimit === undefined))
    q.lacks('the limits of accept queues (they need ss)', false);
  return known;
};

const larger = (q: Inquiry, listener: Listener | undefined): Remedy | undefined => {
  const from = q.detail('sysctls')?.['net.core.somaxconn'];
  if (listener?.queueLimit === undefined || Number(from) !== listener.queueLimit) return undefined;
  if (listener.queueLimit >= SOMAXCONN_DEFAULT) return undefined;
  return remedy(q, {
    key: 'net.core.somaxconn',
    from,
    to: String(SOMAXCONN_DEFAULT),
    reason: `the queue of ${portOf(listener)} is limited to ${listener.queueLimit}, which is somaxconn: the application may have asked for more; ${SOMAXCONN_DEFAULT} is the kernel's default since 5.4`,
    requires: [`restart or reload what listens on port ${listener.port} afterwards: it reads the value at listen()`],
  });
};

export const rule: Rule = {
  id: 'accept-queue-overflow',
  title: 'An accept queue is full, connections to one port are dropped',
  why: 'The application does not accept connections as fast as they come, or not at all; each one that finds the queue full waits 1, 3, 7 s for another try.',
  symptoms: 'Connect timeouts, or delays of 1, 3 or 7 s, on one port; other ports are fine.',
  needs: ['counters', 'sockets'],
  after: ['conntrack-full', 'close-wait-leak', 'fd-exhaustion'],
  rank: 32,
  severity: 'crit',
  thresholds: {
    ACCEPT_OVERFLOW_PER_SECOND: {
      value: 0.5,
      unit: '/s',
      source: 'ListenOverflows; one in 2 s. netdata health.d/tcp_listen.conf warns above 1/s over 60 s',
    },
    ACCEPT_OVERFLOW_CRIT_PER_SECOND: {
      value: 5,
      unit: '/s',
      source: 'netdata health.d/tcp_listen.conf: critical above 5/s',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockets = q.reading('sockets');
    const somaxconn = Number(q.detail('sysctls')?.['net.core.somaxconn'] ?? Number.NaN);
    const listed = [...(sockets?.listeners ?? [])].sort((a, b) => fillOf(b) - fillOf(a) || a.port - b.port);
    const full = listed.filter((listener) => isFull(listener));
    const hot = full[0] ?? listed.find(({ queueLength }) => queueLength > 0);
    for (const listener of full.slice(0, 5))
      q.show({
        name: `accept queue of ${portOf(listener)}`,
        value: listener.queueLength,
        unit: 'connections',
        source: 'ss -ltn, Recv-Q and Send-Q',
        ...(listener.queueLimit !== undefined && { limit: listener.queueLimit }),
      });
    const overflows = q.rate('TcpExt.ListenOverflows');
    const overflowing = q.askReaches(
      'the rate of overflows (ListenOverflows)',
      overflows?.perSecond,
      q.threshold('ACCEPT_OVERFLOW_PER_SECOND'),
      '/s',
    );
    const queueFull = q.ask(
      'Is the accept queue of a listener full?',
      sockets === undefined ? undefined : anyFull(q, sockets, Number.isNaN(somaxconn) ? undefined : somaxconn),
      sockets === undefined
        ? 'unknown'
        : hot === undefined
          ? 'none waits'
          : `${portOf(hot)}: ${hot.queueLength} of ${hot.queueLimit ?? 'unknown'}`,
    );
    const holds = anyOf(overflowing, queueFull);
    const perSecond = overflows?.perSecond ?? 0;
    const severe =
      perSecond >= q.threshold('ACCEPT_OVERFLOW_CRIT_PER_SECOND') || (overflowing !== false && queueFull === true);

    const fds = q.present('fd-exhaustion');
    const leakHere =
      q.present('close-wait-leak') &&
      (hot === undefined ||
        (sockets?.groups ?? []).some(
          (group) => group.state === 'CLOSE_WAIT' && group.direction === 'in' && group.localPort === hot.port,
        ));
    const causedBy = fds ? ['fd-exhaustion'] : leakHere ? ['close-wait-leak'] : [];
    const raise = causedBy.length > 0 ? undefined : larger(q, hot);
    const offered = remedies(raise);

    const about = hot === undefined ? {} : { about: portOf(hot) };
    const advice: Advice[] = [];
    if (causedBy.length > 0)
      advice.push({ what: `the application cannot accept: see ${causedBy.join(', ')} first`, ...about });
    else {
      advice.push({
        what: 'the application accepts too slowly: look whether it is blocked, out of threads or out of CPU',
        ...about,
      });
      if (hot?.queueLimit !== undefined && raise === undefined && hot.queueLimit !== somaxconn)
        advice.push({
          what: `its own listen() asks for ${grouped(hot.queueLimit)}${Number.isNaN(somaxconn) ? '' : ` of the ${grouped(somaxconn)} that somaxconn allows`}: raise the backlog in the application's settings`,
          ...about,
        });
      if (q.detail('processes') === undefined || q.detail('processes')?.length === 0)
        advice.push({ what: 'check whether it is out of file descriptors (not counted here: needs root)', ...about });
    }
    if (hot === undefined)
      advice.push({ what: 'no queue was full at the moment of looking: watch ss -ltn for Recv-Q near Send-Q' });
    const ownBacklog = hot?.queueLimit !== undefined && hot.queueLimit < somaxconn;
    return q.conclude(holds, {
      severity: severe ? 'crit' : 'warn',
      ...(hot !== undefined && { subject: `port ${hot.port}` }),
      causedBy,
      remedies: offered,
      advice,
      avoid: ownBacklog ? [OWN_BACKLOG, ...rule.avoid.slice(1)] : rule.avoid,
    });
  },
  avoid: [
    AVOID.somaxconnNoRestart,
    {
      what: 'net.ipv4.tcp_max_syn_backlog higher',
      why: 'that is the queue before this one: no effect (tried in a lab)',
    },
    {
      what: AVOID.articleFour.what,
      why: 'tcp_syncookies answers a full SYN queue, not a full accept queue, and the others concern closed connections: no effect (tried in a lab)',
    },
    AVOID.abortOnOverflow,
  ],
  exceptions: [
    'ListenOverflows in the thousands that do not rise: they are from another day.',
    'A queue that is full for an instant with no overflow: a burst that is being accepted.',
  ],
  kernels: 'somaxconn is 128 before 5.4, 4096 since. Without ss the limit of a queue cannot be read.',
  sources: ['man listen(2)', 'netdata src/health/health.d/tcp_listen.conf'],
};

const OWN_BACKLOG = {
  what: 'net.core.somaxconn higher',
  why: 'the limit is the backlog that the application asked for, somaxconn already allows more',
};
