import { AVOID } from '../avoidances.js';
import { portCapacity, unreservedListeners } from '../ephemeral.js';
import { grouped } from '../grouped.js';
import { Inquiry, type Known } from '../inquiry.js';
import { parsePortList } from '../port-list.js';
import { reserve } from '../port-remedies.js';
import { remedies } from '../remedies.js';
import type { Rule } from '../rule.js';

export const rule: Rule = {
  id: 'port-range-overlap',
  title: 'A listening port lies in the range of local ports and is not reserved',
  why: 'While the service is stopped an outgoing connection may be given its port: then it cannot start, not even with SO_REUSEADDR.',
  symptoms: 'Nothing until a restart; then "Address already in use".',
  needs: ['sockets', 'sysctls'],
  rank: 190,
  severity: 'info',
  thresholds: {},
  check(input) {
    const q = new Inquiry(rule.thresholds, input);
    const capacity = portCapacity(q);
    const reservedText = q.sysctl('net.ipv4.ip_local_reserved_ports');
    const reserved = parsePortList(reservedText);
    if (reservedText !== undefined && reserved === undefined)
      q.lacks('net.ipv4.ip_local_reserved_ports: what was printed is no list of ports', true);
    const sockets = q.reading('sockets');
    const range = capacity?.range;
    const exposed = range === undefined || reserved === undefined ? undefined : unreservedListeners(q, range, reserved);
    if (range !== undefined)
      q.show({
        name: 'local ports',
        value: `${range.low}-${range.high}`,
        unit: '',
        source: '/proc/sys/net/ipv4/ip_local_port_range',
      });
    let some: Known = exposed === undefined || sockets === undefined ? undefined : exposed.length > 0;
    if (some === false && (sockets?.listenersOmitted ?? 0) > 0) {
      q.lacks(`${grouped(sockets?.listenersOmitted ?? 0)} more listeners were not listed`, false);
      some = undefined;
    }
    if (exposed !== undefined && exposed.length > 0)
      q.show({ name: 'listening ports in it', value: exposed.slice(0, 20).join(', '), unit: '', source: 'ss -ltn' });
    q.ask(
      'Does something listen inside the range, unreserved?',
      some,
      exposed === undefined ? 'unknown' : exposed.length === 0 ? 'nothing' : `${grouped(exposed.length)} ports`,
    );
    return q.conclude(some, {
      ...(exposed?.[0] !== undefined && {
        subject: `port ${exposed[0]}${exposed.length > 1 ? ` and ${exposed.length - 1} more` : ''}`,
      }),
      remedies: remedies(capacity === undefined ? undefined : reserve(q, capacity, exposed ?? [])),
      advice: [
        {
          what: 'if a service cannot start for it now: whoever has taken the port must close first, and then 60 s of TIME_WAIT must pass',
        },
      ],
    });
  },
  avoid: [
    { what: 'SO_REUSEADDR', why: 'does not help against a connection that has the port (tried in a lab)' },
    AVOID.twRecycle,
  ],
  exceptions: ['A service that listens on whatever port it is given (bind to port 0) needs none in particular.'],
  kernels: 'ip_local_reserved_ports is one list for the machine up to 3.10, one for each namespace since.',
  sources: ['kernel ip-sysctl.rst, ip_local_reserved_ports'],
};
