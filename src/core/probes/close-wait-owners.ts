/**
 * Which processes hold CLOSE_WAIT sockets. Needs root, or the processes' own account. A socket without an owner is still in
 * the accept queue of its listener (measured: 521 = 392 owned + 129 behind a backlog of 128), or belongs to somebody else.
 */
import type { Probe, Section } from '../probe.js';
import { type CloseWaitOwners, failed, type Owner, ok, type Reading } from '../snapshot.js';
import { clipped, notAsked, sectionNamed, wholeNumber } from '../transcript-words.js';
import { CLOSE_WAIT_ASKED_FROM, closeWaitListed } from './close-wait-age.js';

const OWNERS_MAX = 20;

const parse = (sections: readonly Section[]): Reading<CloseWaitOwners> => {
  const section = sectionNamed(sections, 'owners');
  if (section === undefined) {
    const states = sectionNamed(sections, 'states');
    if (states === undefined) return failed('the sockets were not listed');
    if (states.arguments.startsWith('proc'))
      return failed('only ss tells the owners of sockets, and this host has none');
    const listed = closeWaitListed(sections);
    return listed >= CLOSE_WAIT_ASKED_FROM
      ? failed(`there are ${listed} CLOSE_WAIT, and the host did not say whose`)
      : notAsked(`fewer than ${CLOSE_WAIT_ASKED_FROM} CLOSE_WAIT: nobody asked whose they are`);
  }
  const owners: Owner[] = [];
  let unattributed: number | undefined;
  for (const line of section.lines) {
    const match = /^(\d+) (?:(unattributed)|"([^"]*)",pid=(\d+))$/.exec(line);
    const count = wholeNumber(match?.[1]);
    if (match === null || count === undefined) continue;
    const pid = wholeNumber(match[4]);
    if (match[2] !== undefined) unattributed = count;
    else if (pid !== undefined && owners.length < OWNERS_MAX)
      owners.push({ process: clipped(match[3] ?? '', 64), pid, count });
  }
  if (unattributed === undefined) return failed('the owners of the CLOSE_WAIT sockets are incomplete');
  owners.sort((a, b) => b.count - a.count);
  return ok({ owners, unattributed });
};

/** `ss -p` reads every /proc/PID/fd of the host: only when CLOSE_WAIT piles up. */
const afterSockets = `
  if (header && n["ACLOSE-WAIT"] >= ${CLOSE_WAIT_ASKED_FROM}) {
    m = 0
    cmd = bounded() "ss -tanp state close-wait 2>/dev/null </dev/null"
    while ((cmd | getline l) > 0) {
      if (match(l, /users:\\(\\("[^"]*",pid=[0-9]+/)) owner[substr(l, RSTART + 8, RLENGTH - 8)]++
      else if (l !~ /^(State|Recv-Q)/) m++
    }
    close(cmd)
    print "@@owners"
    for (i = 0; i < 6; i++) { most = ""; for (k in owner) if (most == "" || owner[k] > owner[most]) most = k; if (most == "") break; print owner[most], most; delete owner[most] }
    print m, "unattributed"
  }
`;

export const probe: Probe<'closeWaitOwners'> = {
  id: 'close-wait-owners',
  reads: ['closeWaitOwners'],
  snippets: { afterSockets },
  parse: (sections) => ({ closeWaitOwners: parse(sections) }),
};
