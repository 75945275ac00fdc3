/** How a sysctl is named: as a path below /proc/sys, dotted as sysctl(8) prints it, and by its name of today. */

/** Where boot settings lie. Of files with one name the folder that comes first here wins (sysctl.d(5)). */
export const SYSCTL_FOLDERS = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
  '/lib/sysctl.d',
];

const SEGMENT = /^[A-Za-z0-9_@:+,.-]{1,64}$/;

/**
 * `/proc/sys/net/ipv4/tcp_mem` → `net.ipv4.tcp_mem`. A dot inside a segment (a VLAN interface, `eth0.100`) becomes a slash, as
 * sysctl(8) prints it. `..` is resolved; undefined for what is not a path below /proc/sys.
 */
export const dottedName = (path: string): string | undefined => {
  if (!path.startsWith('/proc/sys/') || path.length > 512) return undefined;
  const segments: string[] = [];
  for (const segment of path.slice('/proc/sys/'.length).split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) return undefined;
    } else if (SEGMENT.test(segment) && segment !== '.') segments.push(segment.replaceAll('.', '/'));
    else return undefined;
  }
  return segments.length < 2 ? undefined : segments.join('.');
};

/** What sysctl.d(5) and sysctl(8) take: separated by dots or by slashes, whichever comes first. Gives the dotted form. */
export const normalizedName = (text: string): string => {
  const first = /[./]/.exec(text)?.[0];
  return first === '/' ? text.replace(/[./]/g, (character) => (character === '/' ? '.' : '/')) : text;
};

/**
 * ip_conntrack_* (net.ipv4.netfilter.*, 2.6 kernels) and net.nf_conntrack_max are other names of what is called
 * net.netfilter.nf_conntrack_* today.
 */
export const todaysName = (name: string): string => {
  const conntrack = /^net\.(?:ipv4\.(?:netfilter\.)?ip|nf)_conntrack_([a-z0-9_]+)$/.exec(
    name.startsWith('net.nf_conntrack') ? `net.nf_conntrack${name.slice('net.nf_conntrack'.length)}` : name,
  );
  return conntrack === null ? name : `net.netfilter.nf_conntrack_${conntrack[1]}`;
};
