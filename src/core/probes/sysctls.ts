/** The sysctls that rules and proposals reason about. Everything else is asked by the sysctl script, on demand. */
import type { Probe, Section } from '../probe.js';
import { failed, ok, type Reading, type SysctlValues } from '../snapshot.js';
import { dottedName, todaysName } from '../sysctl-names.js';
import { isPlainText, sectionNamed, words } from '../transcript-words.js';

const VALUE_CHARACTERS_MAX = 4096;

const KEYS = [
  'ipv4/tcp_syncookies',
  'ipv4/tcp_tw_reuse',
  'ipv4/tcp_tw_reuse_delay',
  'ipv4/tcp_tw_recycle',
  'ipv4/tcp_fin_timeout',
  'ipv4/tcp_timestamps',
  'ipv4/tcp_max_tw_buckets',
  'ipv4/tcp_max_syn_backlog',
  'ipv4/tcp_max_orphans',
  'ipv4/tcp_orphan_retries',
  'ipv4/tcp_synack_retries',
  'ipv4/tcp_syn_retries',
  'ipv4/tcp_syn_linear_timeouts',
  'ipv4/tcp_retries1',
  'ipv4/tcp_retries2',
  'ipv4/tcp_keepalive_time',
  'ipv4/tcp_keepalive_intvl',
  'ipv4/tcp_keepalive_probes',
  'ipv4/tcp_abort_on_overflow',
  'ipv4/tcp_mem',
  'ipv4/tcp_rmem',
  'ipv4/tcp_wmem',
  'ipv4/tcp_rfc1337',
  'ipv4/ip_local_port_range',
  'ipv4/ip_local_reserved_ports',
  'ipv4/ip_unprivileged_port_start',
  'core/somaxconn',
  'core/netdev_max_backlog',
  'ipv4/neigh/default/gc_thresh1',
  'ipv4/neigh/default/gc_thresh2',
  'ipv4/neigh/default/gc_thresh3',
  'ipv6/neigh/default/gc_thresh1',
  'ipv6/neigh/default/gc_thresh2',
  'ipv6/neigh/default/gc_thresh3',
  'netfilter/nf_conntrack_tcp_timeout_time_wait',
  'netfilter/nf_conntrack_tcp_timeout_close_wait',
  'netfilter/nf_conntrack_tcp_timeout_fin_wait',
  'netfilter/nf_conntrack_tcp_timeout_established',
  'ipv4/netfilter/ip_conntrack_tcp_timeout_time_wait',
  'ipv4/netfilter/ip_conntrack_tcp_timeout_close_wait',
  'ipv4/netfilter/ip_conntrack_tcp_timeout_fin_wait',
  'ipv4/netfilter/ip_conntrack_tcp_timeout_established',
  '../fs/file-max',
  '../fs/nr_open',
  '../kernel/dmesg_restrict',
];

const parse = (sections: readonly Section[]): Reading<SysctlValues> => {
  const section = sectionNamed(sections, 'sysctl');
  const values: Record<string, string> = {};
  const former: Record<string, string> = {};
  for (const line of section?.lines ?? []) {
    const cut = line.indexOf(':');
    const name = dottedName(`/proc/sys/net/${line.slice(0, Math.max(cut, 0))}`);
    const value = words(line.slice(cut + 1)).join(' ');
    if (cut < 1 || name === undefined || value.length > VALUE_CHARACTERS_MAX || !isPlainText(value)) continue;
    const today = todaysName(name);
    (today === name ? values : former)[today] = value;
  }
  const known = { ...former, ...values };
  return Object.keys(known).length === 0
    ? failed('no sysctl could be read: /proc/sys/net is missing or closed')
    : ok(known);
};

export const probe: Probe<'sysctls'> = {
  id: 'sysctls',
  reads: ['sysctls'],
  snippets: { sysctls: KEYS },
  parse: (sections) => ({ sysctls: parse(sections) }),
};
