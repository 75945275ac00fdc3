/** Port lists and ranges as the kernel prints them: `32768 60999`, `8080,9000-9010`. */

export interface PortRange {
  low: number;
  high: number;
}

const PORT_MAX = 65_535;
const port = (text: string): number | undefined => {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return value >= 0 && value <= PORT_MAX ? value : undefined;
};

/** `net.ipv4.ip_local_port_range`; undefined for anything that is no range. */
export const parsePortRange = (text: string | undefined): PortRange | undefined => {
  const [low, high, ...rest] = (text ?? '').trim().split(/\s+/).map(port);
  return low === undefined || high === undefined || rest.length > 0 || high < low ? undefined : { low, high };
};

/** `net.ipv4.ip_local_reserved_ports`; the empty text is the empty list; undefined for anything that is no list. */
export const parsePortList = (text: string | undefined): readonly PortRange[] | undefined => {
  if (text === undefined) return undefined;
  const parts = text.trim() === '' ? [] : text.trim().split(',');
  const ranges: PortRange[] = [];
  for (const part of parts) {
    const [low, high = low, ...rest] = part.split('-').map((it) => port(it.trim()));
    if (low === undefined || high === undefined || rest.length > 0 || high < low) return undefined;
    ranges.push({ low, high });
  }
  return ranges;
};

/** Sorted, without overlaps, neighbours joined: as the kernel prints it back. */
export const mergePorts = (ranges: readonly PortRange[]): readonly PortRange[] => {
  const merged: PortRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.low - b.low)) {
    const last = merged.at(-1);
    if (last !== undefined && range.low <= last.high + 1) last.high = Math.max(last.high, range.high);
    else merged.push({ ...range });
  }
  return merged;
};

export const formatPorts = (ranges: readonly PortRange[]): string =>
  mergePorts(ranges)
    .map(({ low, high }) => (low === high ? `${low}` : `${low}-${high}`))
    .join(',');

export const inPorts = (ranges: readonly PortRange[], value: number): boolean =>
  ranges.some(({ low, high }) => value >= low && value <= high);

/** How many ports of `range` are also in `reserved`. */
export const overlap = (range: PortRange, reserved: readonly PortRange[]): number =>
  mergePorts(reserved).reduce(
    (sum, { low, high }) => sum + Math.max(0, Math.min(high, range.high) - Math.max(low, range.low) + 1),
    0,
  );
