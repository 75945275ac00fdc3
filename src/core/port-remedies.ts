/** A wider range of local ports, computed from the range, the ports in use and the ports that something listens on. */

import { type PortCapacity, unreservedListeners } from './ephemeral.js';
import type { Remedy } from './finding.js';
import { grouped } from './grouped.js';
import type { Inquiry } from './inquiry.js';
import { formatPorts, overlap } from './port-list.js';
import { remedies, remedy } from './remedies.js';

/** Below it many services listen; above it the kernel's own default range begins at 32768. */
const WIDE_LOW = 10_240;
const WIDE_HIGH = 65_535;
/** A range that grows by less is not worth a change. */
const GAIN_MIN = 0.1;
/** Seconds that TIME_WAIT lasts: a constant of every kernel (TCP_TIMEWAIT_LEN). */
export const TIME_WAIT_SECONDS = 60;

const differentParity = (low: number, high: number, floor: number): number =>
  (high - low) % 2 === 1 ? low : low > floor ? low - 1 : low + 1;

/** `net.ipv4.ip_local_reserved_ports` with more ports in it; undefined where the present list could not be read. */
export const reserve = (inquiry: Inquiry, capacity: PortCapacity, ports: readonly number[]): Remedy | undefined => {
  const from = inquiry.detail('sysctls')?.['net.ipv4.ip_local_reserved_ports'];
  if (ports.length === 0) return undefined;
  return remedy(inquiry, {
    key: 'net.ipv4.ip_local_reserved_ports',
    from,
    to: formatPorts([...capacity.reserved, ...ports.map((port) => ({ low: port, high: port }))]),
    reason: `something listens on ${ports.length === 1 ? `port ${ports[0]}` : `these ${grouped(ports.length)} ports`}: without it an outgoing connection may take the port while the service restarts`,
    requires: ['a connection that already uses such a port keeps it until it closes'],
  });
};

/**
 * The remedies that widen the range, in the order in which they must be applied: reserve first, then widen.
 * @param used ports in use by the fullest destination
 */
export const widerRange = (inquiry: Inquiry, capacity: PortCapacity, used: number): readonly Remedy[] => {
  const sockets = inquiry.detail('sockets');
  // widening over a listening port that nobody knows of would let it be stolen
  if (sockets === undefined || sockets.listenersOmitted > 0) return [];
  const floor = Math.max(
    1024,
    Number(inquiry.detail('sysctls')?.['net.ipv4.ip_unprivileged_port_start'] ?? 1024) || 1024,
  );
  const high = Math.max(capacity.range.high, WIDE_HIGH);
  const low = differentParity(Math.min(capacity.range.low, Math.max(WIDE_LOW, floor)), high, floor);
  const listening = unreservedListeners(inquiry, { low, high }, capacity.reserved);
  const first = reserve(inquiry, capacity, listening);
  if (listening.length > 0 && first === undefined) return [];
  const ports = high - low + 1 - overlap({ low, high }, capacity.reserved) - listening.length;
  if (ports < capacity.ports * (1 + GAIN_MIN)) return [];
  const percent = (ratio: number): string => `${Math.round(ratio * 100)} %`;
  return remedies(
    first,
    remedy(inquiry, {
      key: 'net.ipv4.ip_local_port_range',
      from: `${capacity.range.low} ${capacity.range.high}`,
      to: `${low} ${high}`,
      reason: `${grouped(capacity.ports)} -> ${grouped(ports)} ports for each destination: ${percent(used / ports)} in use instead of ${percent(used / capacity.ports)}; without reuse they last for ${grouped(Math.floor(ports / TIME_WAIT_SECONDS))} connections/s instead of ${grouped(Math.floor(capacity.ports / TIME_WAIT_SECONDS))}`,
      ...(first !== undefined && { requires: ['net.ipv4.ip_local_reserved_ports first'] }),
    }),
  );
};
