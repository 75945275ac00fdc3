/**
 * How many files the listening processes have open, against their limit (which a sysctl does not show). Asked when an accept
 * queue is full or CLOSE_WAIT piles up, since finding them reads every /proc/PID/fd of the host. Needs root, or their account.
 */
import type { Probe, Section } from '../probe.js';
import { failed, type ListeningProcess, ok, type Reading } from '../snapshot.js';
import { clipped, notAsked, sectionNamed, wholeNumber } from '../transcript-words.js';
import { CLOSE_WAIT_ASKED_FROM, closeWaitListed } from './close-wait-age.js';

const PROCESSES_MAX = 30;

const wasAsked = (sections: readonly Section[]): boolean => {
  const states = sectionNamed(sections, 'states')?.lines ?? [];
  return (
    states.some((line) => line.startsWith('X full-listener')) || closeWaitListed(sections) >= CLOSE_WAIT_ASKED_FROM
  );
};

const parse = (sections: readonly Section[]): Reading<readonly ListeningProcess[]> => {
  const section = sectionNamed(sections, 'procs');
  const states = sectionNamed(sections, 'states');
  if (states === undefined) return failed('the sockets were not listed');
  if (states.arguments.startsWith('proc')) return failed('only ss tells the owners of sockets, and this host has none');
  const found: ListeningProcess[] = [];
  for (const line of section?.lines ?? []) {
    const match = /^(\d+) (.*) fds=(\d+) soft=(\d+|unlimited)$/.exec(line);
    const [pid, openFiles] = [wholeNumber(match?.[1]), wholeNumber(match?.[3])];
    const softLimit = match?.[4] === 'unlimited' ? Number.MAX_SAFE_INTEGER : wholeNumber(match?.[4]);
    if (pid === undefined || openFiles === undefined || softLimit === undefined || found.length >= PROCESSES_MAX)
      continue;
    found.push({ pid, command: clipped(match?.[2] ?? '', 64), openFiles, softLimit });
  }
  if (found.length > 0) return ok(found);
  return wasAsked(sections)
    ? failed('the open files of the listening processes could not be counted: that needs root on the host')
    : notAsked('no accept queue is full and CLOSE_WAIT is low: nobody counted open files');
};

const afterSockets = `
  if (header && (DEEP || full || n["ACLOSE-WAIT"] >= ${CLOSE_WAIT_ASKED_FROM})) {
    print "@@procs"
    cmd = bounded() "ss -tlnp 2>/dev/null </dev/null"; list = ""; m = 0
    while ((cmd | getline l) > 0) while (match(l, /pid=[0-9]+/)) {
      i = substr(l, RSTART + 4, RLENGTH - 4); l = substr(l, RSTART + RLENGTH)
      if (!(i in pids) && m++ < ${PROCESSES_MAX}) { pids[i] = 1; list = list " " i }
    }
    close(cmd)
    cmd = "for p in" list "; do set -- /proc/$p/fd/*; [ -e \\"$1\\" ] && echo $p $#; done 2>/dev/null"
    if (list != "") while ((cmd | getline l) > 0) {
      split(l, a, " "); k = first("/proc/" a[1] "/comm"); gsub(/ /, "_", k); most = "?"
      f = "/proc/" a[1] "/limits"; while ((getline l < f) > 0) if (l ~ /^Max open files/) { split(l, b, " "); most = b[4] }; close(f)
      print a[1], k, "fds=" a[2], "soft=" most
    }
    if (list != "") close(cmd)
  }
`;

export const probe: Probe<'processes'> = {
  id: 'processes',
  reads: ['processes'],
  snippets: { afterSockets },
  parse: (sections) => ({ processes: parse(sections) }),
};
