/** A bot in the local workspace with one host that has a gate: a model of it, whose trouble goes when the value is right. */
import { readFileSync } from 'node:fs';
import { readPolicy } from '../../src/config/policy.js';
import type { Host } from '../../src/core/inventory.js';
import type { Policy } from '../../src/core/policy.js';
import { LAB_POLICY } from '../../src/lab/policy.js';
import type { Answer, Transport } from '../../src/ports/transport.js';
import { aHost, anInventory, FakeTransport, said } from './bot-fakes.js';
import { FakeHost, type WireFault } from './fake-gate.js';

/** Recorded in a namespace of its own; a host with a gate is a machine, whose limits can be set where its gate lives. */
const recorded = (name: string): string =>
  readFileSync(new URL(`../transcripts/${name}.txt`, import.meta.url), 'utf8').replace(
    /^@@sysctl$/m,
    '$&\nipv4/tcp_mem:190000\t254000\t380000',
  );

export const REUSE = 'net.ipv4.tcp_tw_reuse';
export const CONNTRACK = 'net.netfilter.nf_conntrack_max';

/** Answers the probe from recordings and the gate from a model. */
export class GatedTransport extends FakeTransport {
  fault: WireFault = 'none';
  /** gate requests in order */
  readonly requests: string[] = [];

  constructor(
    readonly model: FakeHost,
    readonly host: Host,
    /** recording by what is set */
    recordingFor: (values: ReadonlyMap<string, string>) => string,
  ) {
    super();
    this.answer = async (_host, { id }): Promise<Answer> => {
      model.tick();
      if (id === 'state') return said(recorded(recordingFor(model.values)));
      return said([...model.values].map(([key, value]) => `${key}=${value}`).join('\n'));
    };
  }

  override gate = (async (_host: Host, line: string) => {
    this.requests.push(line);
    return this.model.send(line, this.fault);
  }) as unknown as FakeTransport['gate'] & Transport['gate'];
}

export const gatedHost = (name = 'web-1'): Host =>
  aHost(name, { change: { user: 'tcpstates-change', identity: [{ kind: 'agent' }] }, access: 'gate' });

/** The policy that the local workspace has by itself, with more of it where a test says so. */
export const labPolicy = (more: (text: string) => string = (text) => text): Policy =>
  readPolicy(more(LAB_POLICY), 'policy.yml');

/** A conntrack table that is full while its limit is what the recording has. */
export const conntrackHost = (now: () => number = Date.now) => {
  const model = new FakeHost(now, {
    [CONNTRACK]: '65536',
    'net.netfilter.nf_conntrack_buckets': '262144',
    'net.netfilter.nf_conntrack_tcp_timeout_time_wait': '120',
    [REUSE]: '2',
    'net.ipv4.ip_local_port_range': '32768 60999',
    'net.ipv4.ip_local_reserved_ports': '',
    'net.ipv4.tcp_max_tw_buckets': '524288',
  });
  const host = gatedHost();
  const transport = new GatedTransport(model, host, (values) => (values.get(CONNTRACK) === '65536' ? 'p03-tw' : 'c06'));
  const inventory = anInventory(host, aHost('web-2'));
  return { model, host, transport, inventory };
};
