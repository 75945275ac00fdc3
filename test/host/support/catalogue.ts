/** A small catalogue of its own: the gate's tests hold whatever the real one allows today. */
import type { SysctlEntry } from '../../../src/core/sysctl.js';

export const catalogue: readonly Pick<SysctlEntry, 'key' | 'allowed'>[] = [
  { key: 'net.ipv4.tcp_fin_timeout', allowed: { shape: 'integer', min: 10, max: 120 } },
  { key: 'net.ipv4.tcp_tw_reuse', allowed: { shape: 'integer', min: 0, max: 2 } },
  { key: 'net.ipv4.tcp_syn_retries', allowed: { shape: 'integer', min: 2, max: 8 } },
  { key: 'net.ipv4.tcp_orphan_retries', allowed: { shape: 'integer', min: 0, max: 8 } },
  { key: 'net.ipv4.tcp_keepalive_time', allowed: { shape: 'integer', min: 60, max: 7200 } },
  { key: 'net.ipv4.tcp_keepalive_intvl', allowed: { shape: 'integer', min: 5, max: 120 } },
  { key: 'net.ipv4.tcp_keepalive_probes', allowed: { shape: 'integer', min: 3, max: 12 } },
  { key: 'net.core.somaxconn', allowed: { shape: 'integer', min: 128, max: 65_535 } },
  { key: 'net.ipv4.ip_local_port_range', allowed: { shape: 'range', min: 1024, max: 65_535, widthMin: 10_000 } },
  { key: 'net.ipv4.ip_local_reserved_ports', allowed: { shape: 'ports' } },
  {
    key: 'net.ipv4.tcp_max_tw_buckets',
    allowed: {
      shape: 'integer',
      min: 8192,
      max: 4_194_304,
      neverLower: true,
      memory: { bytesEach: 256, ratioMax: 0.05 },
    },
  },
  {
    key: 'net.ipv4.tcp_mem',
    allowed: {
      shape: 'triple',
      min: 1000,
      max: 99_999_999,
      neverLower: true,
      memory: { bytesEach: 'page', ratioMax: 0.25 },
    },
  },
  {
    key: 'net.netfilter.nf_conntrack_max',
    allowed: {
      shape: 'integer',
      min: 16_384,
      max: 16_777_216,
      neverLower: true,
      inUse: { key: 'net.netfilter.nf_conntrack_count', ratioMax: 0.8 },
      memory: { bytesEach: 320, ratioMax: 0.05 },
    },
  },
  {
    key: 'net.netfilter.nf_conntrack_buckets',
    allowed: { shape: 'integer', min: 8192, max: 4_194_304, multipleOf: 8192 },
  },
  { key: 'net.core.rmem_max' },
];
