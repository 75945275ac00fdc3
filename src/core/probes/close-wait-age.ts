/**
 * How long CLOSE_WAIT sockets have been idle: `ss -i` lastrcv of the first 600; without ss, how many of the same connections
 * were there at both ends of the interval. Asked from 20 sockets on: below that nobody has a leak.
 */
import type { Probe, Section } from '../probe.js';
import { type CloseWaitAge, failed, ok, type Reading } from '../snapshot.js';
import { notAsked, pairs, sectionNamed, wholeNumber } from '../transcript-words.js';

/** CLOSE_WAIT sockets from which on the probe asks for their age and owners. */
export const CLOSE_WAIT_ASKED_FROM = 20;

/** CLOSE_WAIT sockets by the listing, which is what the question hangs on. */
export const closeWaitListed = (sections: readonly Section[]): number => {
  const line = sectionNamed(sections, 'states')?.lines.find((it) => it.startsWith('S CLOSE-WAIT '));
  return wholeNumber(line?.split(' ')[2]) ?? 0;
};

const parse = (sections: readonly Section[]): Reading<CloseWaitAge> => {
  const idle = sectionNamed(sections, 'closewait');
  if (idle !== undefined) {
    const values = pairs(idle.lines[0] ?? '');
    const [sampled, idle5s, idle60s, longestMs] = ['n', 'ge5s', 'ge60s', 'max_ms'].map((key) =>
      wholeNumber(values.get(key)),
    );
    if (sampled === undefined || idle5s === undefined || idle60s === undefined || longestMs === undefined)
      return failed('the ages of the CLOSE_WAIT sockets are in a form that this program does not know');
    if (sampled === 0) return failed('this ss tells no ages of CLOSE_WAIT sockets (no lastrcv)');
    if (idle60s > idle5s || idle5s > sampled)
      return failed('the ages of the CLOSE_WAIT sockets contradict one another');
    return ok({ by: 'idle', sampled, idle5s, idle60s, longestMs });
  }
  const persistence = sectionNamed(sections, 'closewait_persist');
  if (persistence !== undefined) {
    const values = pairs(persistence.lines[0] ?? '');
    const [before, after, same] = ['n1', 'n2', 'same'].map((key) => wholeNumber(values.get(key)));
    if (before === undefined || after === undefined || same === undefined || same > Math.min(before, after))
      return failed('the CLOSE_WAIT sockets of both ends of the interval could not be compared');
    return ok({ by: 'persistence', before, after, same });
  }
  if (sectionNamed(sections, 'states') === undefined) return failed('the sockets were not listed');
  const listed = closeWaitListed(sections);
  return listed >= CLOSE_WAIT_ASKED_FROM
    ? failed(`there are ${listed} CLOSE_WAIT, and the host did not say how old`)
    : notAsked(`fewer than ${CLOSE_WAIT_ASKED_FROM} CLOSE_WAIT: nobody asked how old they are`);
};

/** Programs that read all of /proc get a wall clock where there is one; tried first, as old busybox has another `timeout`. */
const functions = `
function bounded() {
  if (WALL == "") WALL = (system("timeout 5 true </dev/null >/dev/null 2>&1") == 0) ? "timeout 5 " : " "
  return WALL
}
`;

const afterSockets = `
  if (header && n["ACLOSE-WAIT"] >= ${CLOSE_WAIT_ASKED_FROM}) {
    m = c5 = c60 = most = taken = 0
    cmd = bounded() "ss -tani state close-wait 2>/dev/null </dev/null"
    while ((cmd | getline l) > 0 && taken++ < 1200) if (match(l, /lastrcv:[0-9]+/)) {
      i = substr(l, RSTART + 8, RLENGTH - 8) + 0; m++; if (i >= 5000) c5++; if (i >= 60000) c60++; if (i > most) most = i
    }
    close(cmd)
    print "@@closewait"; printf "n=%d ge5s=%d ge60s=%d max_ms=%.0f\\n", m, c5, c60, most
  }
`;

const afterInterval = `
  if (proc && ncw) {
    m = c5 = 0
    for (i = 1; i <= 2; i++) {
      f = (i == 1) ? "/proc/net/tcp" : "/proc/net/tcp6"
      while ((getline l < f) > 0) if (split(l, a, " ") > 7 && a[4] == "08" && m < 1200) { m++; if ((a[2] a[3]) in cw) c5++ }
      close(f)
    }
    print "@@closewait_persist"; print "n1=" (ncw > 1200 ? 1200 : ncw) " n2=" m " same=" c5 + 0
  }
`;

export const probe: Probe<'closeWaitAge'> = {
  id: 'close-wait-age',
  reads: ['closeWaitAge'],
  snippets: { functions, afterSockets, afterInterval },
  parse: (sections) => ({ closeWaitAge: parse(sections) }),
};
