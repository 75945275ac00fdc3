import { AVOID } from '../avoidances.js';
import type { Advice } from '../finding.js';
import { grouped } from '../grouped.js';
import { anyOf, Inquiry, type Known, reaches } from '../inquiry.js';
import type { Rule } from '../rule.js';

const FILE_MAX = {
  what: 'fs.file-max higher',
  why: 'the limit is that of the process, not of the machine: no effect (tried in a lab)',
};

/** fs.file-max is 2^63-1 by default, and a soft limit may be unlimited: nobody ever comes near. */
const isUnlimited = (limit: number): boolean => limit >= 2 ** 52;
const ofLimit = (used: number, limit: number): string =>
  isUnlimited(limit) ? `${grouped(used)}, and no limit` : `${grouped(used)} of ${grouped(limit)}`;

export const rule: Rule = {
  id: 'fd-exhaustion',
  title: 'A listening process has run out of file descriptors',
  why: 'accept() fails for lack of a descriptor: connections wait in the accept queue until it is full, although TCP is fine.',
  symptoms: '"Too many open files" in the log of the service; connects that hang or time out on one port.',
  needs: ['sockets', 'fileHandles'],
  after: ['close-wait-leak'],
  rank: 31,
  severity: 'crit',
  thresholds: {
    FD_PROCESS_RATIO: {
      value: 0.95,
      unit: 'ratio',
      source: 'share of the soft limit (RLIMIT_NOFILE); accept() fails with EMFILE at 100 %',
    },
    FD_HOST_RATIO: { value: 0.9, unit: 'ratio', source: 'share of fs.file-max; non-root gets ENFILE at 100 %' },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const limit = q.threshold('FD_PROCESS_RATIO');
    const sockets = q.reading('sockets');
    // nobody counted because no accept queue is full: then no process fails to accept for lack of descriptors
    const asked = input.snapshot.readings.processes;
    const uncalledFor = asked.status === 'failed' && asked.notAsked === true && sockets !== undefined;
    const processes = uncalledFor ? undefined : q.reading('processes');
    const listeners = sockets?.listeners.length;
    const counted = (processes ?? []).filter(({ softLimit }) => softLimit > 0);
    const worst = [...counted].sort((a, b) => b.openFiles / b.softLimit - a.openFiles / a.softLimit || a.pid - b.pid);
    const exhausted = worst.filter(({ openFiles, softLimit }) => openFiles / softLimit >= limit);
    const shown = worst[0];
    let some: Known = uncalledFor ? false : shown === undefined ? undefined : exhausted.length > 0;
    if (processes !== undefined && shown === undefined) {
      if (listeners === 0) some = false;
      else q.lacks('open files of listening processes: none was counted (needs root)', false);
    }
    for (const { command, pid, openFiles, softLimit } of worst.slice(0, 3))
      q.show({
        name: `open files of ${command} (pid ${pid})`,
        value: openFiles,
        unit: 'descriptors',
        source: `/proc/${pid}/fd`,
        ...(!isUnlimited(softLimit) && { limit: softLimit }),
      });
    q.ask(
      `Does a listening process use at least ${limit * 100} % of its descriptors?`,
      some,
      uncalledFor
        ? `not counted: ${asked.reason}`
        : shown === undefined
          ? 'unknown'
          : `${shown.command} (pid ${shown.pid}): ${ofLimit(shown.openFiles, shown.softLimit)}`,
    );

    const handles = q.reading('fileHandles');
    const hostLimit = q.threshold('FD_HOST_RATIO');
    const hostFull = q.ask(
      `Does the machine use at least ${hostLimit * 100} % of fs.file-max?`,
      reaches(handles?.used, handles === undefined ? undefined : handles.max * hostLimit),
      handles === undefined ? 'unknown' : ofLimit(handles.used, handles.max),
    );
    if (handles !== undefined && hostFull === true)
      q.show({
        name: 'file handles of the machine',
        value: handles.used,
        unit: 'handles',
        source: '/proc/sys/fs/file-nr',
        limit: handles.max,
      });

    const first = exhausted[0];
    const advice: Advice[] = exhausted.slice(0, 3).map(({ command, pid, softLimit }) => ({
      what: `find what it keeps open (ls -l /proc/${pid}/fd); for a moment of air: prlimit --pid ${pid} --nofile=${softLimit * 2}: (soft limit of the running process, up to its hard limit), and LimitNOFILE= for good`,
      about: `${command} (pid ${pid})`,
    }));
    if (hostFull === true && handles !== undefined)
      advice.push({
        what: `the machine itself is near fs.file-max ${grouped(handles.max)}: find who holds them (lsof), raise fs.file-max on the machine`,
      });
    const leak = input.earlier.get('close-wait-leak');
    const leaking = new Set((q.detail('closeWaitOwners')?.owners ?? []).map(({ pid }) => pid));
    const leaks =
      leak?.status === 'present' &&
      (first === undefined || leaking.size === 0 || exhausted.some(({ pid }) => leaking.has(pid)));
    if (leaks)
      advice.push({ what: 'a higher limit only buys time while the leak goes on (measured: 1,500 lasted for 27 s)' });
    if (some === undefined && hostFull !== true)
      advice.push({ what: 'run the probe as root to see the open files of listening processes' });
    return q.conclude(anyOf(some, hostFull), {
      severity: 'crit',
      confidence: uncalledFor ? 'medium' : 'high',
      ...(first !== undefined && { subject: `${first.command} (pid ${first.pid})` }),
      causedBy: leaks ? ['close-wait-leak'] : [],
      advice,
      // where the machine itself is at its limit a higher one is no mistake
      avoid: hostFull === true ? rule.avoid.filter((it) => it !== FILE_MAX) : rule.avoid,
    });
  },
  avoid: [
    { what: 'net.core.somaxconn higher', why: 'a longer queue is not accepted any faster: no effect (tried in a lab)' },
    FILE_MAX,
    { what: AVOID.articleFour.what, why: AVOID.articleFour.why },
  ],
  exceptions: ['A process that keeps a fixed pool close to its limit on purpose.'],
  kernels: 'Counting the descriptors of another user’s process needs root; its limit is world-readable.',
  sources: ['man accept(2), EMFILE', 'man prlimit(1)', 'kernel Documentation/admin-guide/sysctl/fs.rst, file-nr'],
};
