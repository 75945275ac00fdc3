import { allOf, Inquiry, type Known } from '../inquiry.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'dead-established',
  title: 'Connections may be open to peers that are long gone',
  why: 'ESTABLISHED says nothing about whether the peer is still alive: without data or keepalive a dead connection stays for ever.',
  symptoms: 'Descriptors, memory and pool slots taken by nobody.',
  needs: ['sockets'],
  rank: 210,
  severity: 'info',
  thresholds: {
    ESTABLISHED_CONSIDERED: {
      value: 1000,
      unit: 'sockets',
      source: 'below it even if all of them were dead no limit would be near (the usual limit of descriptors is 1024)',
    },
  },
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const sockets = q.reading('sockets');
    const count = sockets?.counts.ESTABLISHED.total;
    if (count !== undefined)
      q.show({ name: 'ESTABLISHED', value: count, unit: 'sockets', source: 'ss or /proc/net/tcp' });
    const many = q.askReaches('the number of ESTABLISHED sockets', count, q.threshold('ESTABLISHED_CONSIDERED'));
    // never present: nothing on this side proves it without sending something
    let dead: Known;
    if (many === true) {
      dead = q.ask('Are their peers gone?', undefined, 'not to be told from this side without sending something');
      q.lacks('whether the peers of idle connections are alive: nothing on this side proves it', false);
    } else dead = many;
    return q.conclude(allOf(many, dead), {
      advice: [
        {
          what: 'ss -tnoi state established shows for each how long nothing came (lastrcv) and whether a keepalive timer runs; an idle timeout in the application, SO_KEEPALIVE or TCP_USER_TIMEOUT ends dead ones',
        },
      ],
    });
  },
  avoid: [
    {
      what: 'net.ipv4.tcp_keepalive_time lower, to clear existing ones',
      why: 'reaches only sockets with SO_KEEPALIVE whose timer is armed later: 200 of 200 dead ones stayed (tried in a lab)',
    },
  ],
  exceptions: ['Thousands of idle websockets or pooled connections are healthy.'],
  kernels: 'All.',
  sources: ['man tcp(7), SO_KEEPALIVE, TCP_USER_TIMEOUT', 'Cloudflare: When TCP sockets refuse to die'],
};
