/** Who answers: kernel, host name, uptime, processors, memory, network namespace. */
import type { Probe, Section } from '../probe.js';
import { failed, type HostFacts, ok, type Reading } from '../snapshot.js';
import {
  clipped,
  decimal,
  fileLines,
  latestFileLines,
  pairs,
  sectionNamed,
  snapSection,
  wholeNumber,
  words,
} from '../transcript-words.js';

/** `uname=Linux 6.1.0 x86_64 host=web-1` has blanks in a value: taken apart by its neighbours. */
const META_LINE =
  /^probe=(\d{1,3}) interval=[\d.]{1,8} ss=[01] uid=(\d{1,10}|\?) uname=Linux (\S{1,128}) (\S{1,32}) host=(.*)$/;

const kibibytes = (lines: readonly string[], name: string): number | undefined => {
  const line = lines.find((candidate) => candidate.startsWith(`${name}:`));
  const value = line === undefined ? undefined : wholeNumber(words(line)[1]);
  return value === undefined ? undefined : value * 1024;
};

/**
 * The neighbour tables' statistics exist in the initial namespace only, as do tcp_mem and the other host-wide keys (measured
 * on 6.18; tcp_mem since 3.5). Neither is there, though other keys are: another namespace.
 */
const isInitialNamespace = (sections: readonly Section[]): boolean | undefined => {
  const first = snapSection(sections, 1);
  if (fileLines(first, '/proc/net/stat/arp_cache').length > 0) return true;
  const keys = sectionNamed(sections, 'sysctl')?.lines ?? [];
  const has = (path: string): boolean => keys.some((line) => line.startsWith(`${path}:`));
  if (has('ipv4/tcp_mem') || fileLines(first, '/proc/net/sockstat').length === 0) return undefined;
  return has('ipv4/tcp_fin_timeout') ? false : undefined;
};

const parse = (sections: readonly Section[]): Reading<HostFacts> => {
  const meta = sectionNamed(sections, 'meta');
  if (meta === undefined) return failed('the answer has no @@meta section: it is not a transcript of the probe');
  const match = META_LINE.exec(meta.lines[0] ?? '');
  const states = sectionNamed(sections, 'states');
  const [uptime] = words(fileLines(snapSection(sections, 1), '/proc/uptime')[0] ?? '');
  const uptimeSeconds = decimal(uptime);
  if (match === null) return failed('the first line of @@meta is not in a form that this program knows');
  const uid = wholeNumber(match[2]);
  if (uid === undefined) return failed('the user id of the account on the host could not be read');
  if (uptimeSeconds === undefined) return failed('/proc/uptime could not be read');
  const more = pairs(meta.lines.slice(1, 4).join(' '));
  const cpus = wholeNumber(more.get('cpus')) || latestFileLines(sections, '/proc/net/softnet_stat').length;
  if (cpus === 0) return failed('the number of processors could not be read');
  const bootId = more.get('boot');
  const namespace = more.get('netns');
  const initialNamespace = isInitialNamespace(sections);
  const memTotalBytes = kibibytes(meta.lines, 'MemTotal');
  const memAvailableBytes = kibibytes(meta.lines, 'MemAvailable');
  return ok({
    kernelRelease: clipped(match[3] ?? ''),
    architecture: clipped(match[4] ?? ''),
    hostname: clipped(match[5] ?? ''),
    uptimeSeconds,
    uid,
    cpus,
    container: meta.lines.includes('container=1'),
    socketSource: states?.arguments.startsWith('ss') ? 'ss' : 'proc',
    probeVersion: Number(match[1]),
    ...(bootId !== undefined && /^[0-9a-f-]{36}$/.test(bootId) && { bootId }),
    ...(memTotalBytes !== undefined && { memTotalBytes }),
    ...(memAvailableBytes !== undefined && { memAvailableBytes }),
    ...(namespace !== undefined && /^net:\[\d{1,20}\]$/.test(namespace) && { networkNamespace: namespace }),
    ...(initialNamespace !== undefined && { initialNamespace }),
  });
};

/**
 * No `id`, `uname`, `readlink` or `/proc/cpuinfo`: each would be a process, and cpuinfo wakes every core on some kernels. The
 * namespace's number is in the fdinfo of descriptor 3 (since 5.14; the shell passes NETNS and ARCH where the kernel is older).
 */
const meta = `
  uid = "?"; f = "/proc/self/status"; while ((getline l < f) > 0) if (l ~ /^Uid:/) { split(l, a, " "); uid = a[3]; break }; close(f)
  print "probe=2 interval=" INTERVAL " ss=" SS " uid=" uid " uname=Linux " first("/proc/sys/kernel/osrelease") " " (ARCH == "" ? first("/proc/sys/kernel/arch") : ARCH) " host=" first("/proc/sys/kernel/hostname")
  f = "/proc/self/fdinfo/3"; if (NS != "/dev/null") while ((getline l < f) > 0) if (l ~ /^ino:/) { split(l, a, " "); NETNS = "net:[" a[2] "]" }; close(f)
  cpus = 0; m = split(first("/sys/devices/system/cpu/online"), a, ","); for (i = 1; i <= m; i++) cpus += (split(a[i], b, "-") > 1) ? b[2] - b[1] + 1 : 1
  print "netns=" NETNS " netns1= cpus=" cpus
  if (CONTAINER) print "container=1"
  print "boot=" first("/proc/sys/kernel/random/boot_id")
  f = "/proc/meminfo"; for (i = 0; i < 5 && (getline l < f) > 0; i++) if (l ~ /^Mem(Total|Avail)/) print l; close(f)
`;

export const probe: Probe<'facts'> = {
  id: 'facts',
  reads: ['facts'],
  snippets: { snapshotFiles: [{ path: '/proc/uptime' }], meta },
  parse: (sections) => ({ facts: parse(sections) }),
};
