/**
 * The policy of the local workspace, so that a newcomer can try a change with the people who are there: Ada asks, Grace or
 * Margaret allow it. It covers the hosts of the lab alone.
 */
export const LAB_POLICY = `people:
  ada: {slack: ["T0TCPLAB001:U0ADA000001"]}
  grace: {slack: ["T0TCPLAB001:U0GRACE0001"]}
  margaret: {slack: ["T0TCPLAB001:U0MARGARET1"]}
  linus: {slack: ["T0TCPLAB001:U0LINUS0001"]}
roles:
  responders: {people: [ada, grace, margaret]}
  leads: {people: [grace, margaret]}
grants:
  - hosts: "*"
    see: [everyone]
    propose: [responders]
    approve: [leads]
    confirm: [responders]
    revert: [responders]
    review: [leads]
keys:
  net.netfilter.nf_conntrack_max: {}
  net.netfilter.nf_conntrack_buckets: {}
  net.netfilter.nf_conntrack_tcp_timeout_time_wait: {}
  net.ipv4.tcp_tw_reuse: {}
  net.ipv4.ip_local_port_range: {}
  net.ipv4.ip_local_reserved_ports: {}
  net.ipv4.tcp_max_tw_buckets: {}
  net.ipv4.tcp_fin_timeout: {persist: false}
  net.ipv4.tcp_syncookies: {}
  net.ipv4.tcp_max_syn_backlog: {}
  net.core.somaxconn: {}
  net.ipv4.neigh.default.gc_thresh*: {}
breakGlass: {roles: [responders], hosts: "*", confirmWindow: 5m}
escalation: [leads]
expiresAfter: 1h
confirmWindow: {default: 5m, max: 15m}
`;
