/**
 * What the kernel said about TCP: the last 20 lines of the known kinds. Host-wide, rate-limited and late: supporting evidence
 * only, but on 2.6 kernels the only evidence of a TIME_WAIT overflow.
 *
 * The section's argument says how the log was read: `ok`, `restricted` (kernel.dmesg_restrict and no root), `missing` (no
 * dmesg) or `failed`; the older form has no argument.
 */
import type { Probe, Section } from '../probe.js';
import { failed, ok, type Reading } from '../snapshot.js';
import { clipped, sectionNamed, wholeNumber } from '../transcript-words.js';

const LINES_MAX = 20;
const LINE_CHARACTERS_MAX = 300;

const RESTRICTED = 'the kernel log is closed to this account (kernel.dmesg_restrict=1 and no root)';

const parse = (sections: readonly Section[]): Reading<readonly string[]> => {
  const section = sectionNamed(sections, 'klog');
  if (section === undefined) return failed('the kernel log was not read');
  if (section.arguments === 'restricted') return failed(RESTRICTED);
  if (section.arguments === 'missing') return failed('the kernel log could not be read: no dmesg on this host');
  if (section.arguments === 'failed') return failed('the kernel log could not be read: dmesg refused');
  const lines = section.lines.filter((line) => line !== '').map((line) => clipped(line, LINE_CHARACTERS_MAX));
  if (lines.length === 0 && section.arguments === '') {
    // The older form does not tell an empty log from a closed one.
    const uid = wholeNumber(/ uid=(\d+) /.exec(sectionNamed(sections, 'meta')?.lines[0] ?? '')?.[1]);
    const restrict = sectionNamed(sections, 'sysctl')?.lines.find((line) =>
      line.startsWith('../kernel/dmesg_restrict:'),
    );
    if (uid !== 0 && restrict !== '../kernel/dmesg_restrict:0') return failed(RESTRICTED);
  }
  return ok(lines.slice(-LINES_MAX));
};

const logLine = `
  if (/conntrack: table full|SYN flooding|orphaned sockets|[Oo]ut of (socket )?memory|tuning tcp_mem|[Nn]eighbou?r table overflow|time wait bucket table/) log20[nlog++ % ${LINES_MAX}] = substr($0, 1, ${LINE_CHARACTERS_MAX})
`;

const afterInterval = `
  print "@@klog " logged
  for (i = nlog; i < nlog + ${LINES_MAX}; i++) if ((i % ${LINES_MAX}) in log20) { l = log20[i % ${LINES_MAX}]; print (l ~ /^@@/ ? " " : "") l }
`;

export const probe: Probe<'kernelLog'> = {
  id: 'kernel-log',
  reads: ['kernelLog'],
  snippets: { logLine, afterInterval },
  parse: (sections) => ({ kernelLog: parse(sections) }),
};
