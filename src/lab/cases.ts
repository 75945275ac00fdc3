/** The cases of the lab: real sockets in real network namespaces, in real trouble or only looking like it. */

export interface LabCase {
  /** what is typed; the namespaces are named after it, so at most 40 characters */
  id: string;
  /** one line for people */
  about: string;
  /** `<script>.case.sh` in `cases/` */
  script: string;
  /** what makes this case out of the script */
  variables?: Readonly<Record<string, string>>;
  /** healthy, though it may look scary */
  healthy?: true;
  /** changes limits of the whole machine meanwhile: one such case at a time */
  whole?: true;
  /** and these limits are felt by every socket of the machine: what is measured beside it is not to be trusted */
  felt?: true;
  /** new SSH connections fail while it is in trouble */
  warmOnly?: true;
  /** asked of the machine's own namespace, where alone it can be seen */
  place?: 'host';
}

export const LAB_CASES: readonly LabCase[] = [
  {
    id: 'article',
    about: '18,888 TIME_WAIT, SSH and DNS fail: the conntrack table of 65,536 is full',
    script: 'article',
    whole: true,
    warmOnly: true,
  },
  {
    id: 'conntrack-full',
    about: 'a conntrack table full of live connections',
    script: 'conntrack-full',
    whole: true,
    warmOnly: true,
  },
  {
    id: 'conntrack-full-closed',
    about: 'a conntrack table full of closed connections',
    script: 'conntrack-full',
    variables: { FILL: 'closed' },
    whole: true,
    warmOnly: true,
  },
  {
    id: 'time-wait-ports',
    about: 'no local ports left towards one destination: 2,000 in TIME_WAIT',
    script: 'time-wait-ports',
  },
  {
    id: 'time-wait-ports-wide',
    about: 'the same with the default range of 28,232 ports, judged from a sample',
    script: 'time-wait-ports',
    variables: { RANGE: '32768 60999', RATE: '3000', HALF: '14100', FULL: '28200' },
  },
  { id: 'time-wait-buckets', about: 'more TIME_WAIT than tcp_max_tw_buckets', script: 'time-wait-buckets' },
  { id: 'close-wait-leak', about: 'an application that never closes', script: 'close-wait-leak' },
  { id: 'accept-queue', about: 'an application too slow for its listen(16)', script: 'accept-queue' },
  {
    id: 'accept-queue-somaxconn',
    about: 'the same, its listen(4096) cut to 16 by somaxconn',
    script: 'accept-queue',
    variables: { LIMIT: 'somaxconn' },
  },
  { id: 'syn-flood', about: 'a SYN flood, syncookies off', script: 'syn-flood' },
  {
    id: 'syn-flood-backlog',
    about: 'the same with a long listen backlog: tcp_max_syn_backlog is the limit',
    script: 'syn-flood',
    variables: { BACKLOG: '1024' },
  },
  { id: 'fin-wait1-deaf', about: 'answers written to peers that never read', script: 'fin-wait1' },
  {
    id: 'fin-wait1-gone',
    about: 'answers written to peers that vanished',
    script: 'fin-wait1',
    variables: { PEER: 'gone' },
  },
  {
    id: 'orphan-limit',
    about: 'more orphans than tcp_max_orphans: closing sockets are reset',
    script: 'fin-wait1',
    variables: { ORPHANS: '150' },
    whole: true,
    felt: true,
  },
  { id: 'fin-wait2-orphans', about: 'FIN_WAIT2 of peers that never close', script: 'fin-wait2' },
  {
    id: 'fin-wait2-owned',
    about: 'FIN_WAIT2 that the application keeps',
    script: 'fin-wait2',
    variables: { KEPT_BY: 'app', PILE: '200' },
  },
  { id: 'last-ack', about: 'peers that closed first and vanished', script: 'last-ack' },
  { id: 'tcp-memory', about: 'TCP memory under pressure', script: 'tcp-memory', whole: true, felt: true },
  { id: 'packet-loss', about: 'a path that loses 8 %', script: 'packet-loss' },
  { id: 'syn-sent', about: 'an upstream behind a firewall that drops', script: 'syn-sent' },
  { id: 'descriptors', about: 'a server out of file descriptors', script: 'descriptors' },
  {
    id: 'leak-to-accept-queue',
    about: 'a leak that takes the descriptors, and so fills the accept queue',
    script: 'leak-to-accept-queue',
  },
  {
    id: 'ports-and-conntrack',
    about: 'no ports and a full conntrack table at once',
    script: 'ports-and-conntrack',
    whole: true,
    warmOnly: true,
  },
  {
    id: 'neighbours',
    about: 'an overflowing neighbour table (of the whole machine, IPv6)',
    script: 'neighbours',
    whole: true,
    place: 'host',
  },
  {
    id: 'port-range-overlap',
    about: 'a service inside the range of outgoing ports',
    script: 'port-range-overlap',
    healthy: true,
  },
  {
    id: 'syn-flood-absorbed',
    about: 'healthy: a SYN flood that syncookies take',
    script: 'syn-flood',
    variables: { COOKIES: '1' },
    healthy: true,
  },
  {
    id: 'server-time-wait',
    about: 'healthy: 24,000 TIME_WAIT on the server side',
    script: 'server-time-wait',
    healthy: true,
  },
  {
    id: 'many-destinations',
    about: 'healthy: 12,000 TIME_WAIT over forty destinations',
    script: 'many-destinations',
    healthy: true,
  },
  { id: 'idle-established', about: 'healthy: 10,000 idle connections', script: 'idle-established', healthy: true },
  {
    id: 'conntrack-room',
    about: 'healthy: conntrack at 40 %, 4,000 TIME_WAIT',
    script: 'conntrack-room',
    healthy: true,
    whole: true,
  },
  {
    id: 'close-wait-transient',
    about: 'healthy: 150 CLOSE_WAIT, each for half a second',
    script: 'close-wait-transient',
    healthy: true,
  },
  {
    id: 'old-overflows',
    about: 'healthy: thousands of overflows, but not now',
    script: 'old-overflows',
    healthy: true,
  },
  { id: 'idle', about: 'healthy: nothing happens', script: 'idle', healthy: true },
];

export const labCase = (id: string): LabCase | undefined => LAB_CASES.find((known) => known.id === id);
