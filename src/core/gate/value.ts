/** Values on the way to a host's gate: the kernel's spelling and the one of the request line, which has no blanks. */

/**
 * @param value as the kernel prints it (`32768	60999`, `8080,9000-9010`, empty for an empty list); blanks of any kind
 * @returns the same on one request line: `32768_60999`, `8080,9000-9010`, `none`
 */
export const wireValue = (value: string): string => value.trim().replace(/\s+/g, '_') || 'none';

/** The way back; blanks are single spaces, as in a snapshot's SysctlValues. */
export const kernelValue = (wire: string): string => (wire === 'none' ? '' : wire.replaceAll('_', ' '));

/**
 * A list of ports as the kernel prints it back: ascending, doubles and neighbours merged.
 * @param list ports and port ranges, `9000-9010, 8080,8081`
 * @returns `8080-8081,9000-9010`; undefined where it is no such list
 */
export const canonicalPorts = (list: string): string | undefined => {
  const ranges: [number, number][] = [];
  for (const part of list.split(',').map((word) => word.trim())) {
    if (part === '' && list.trim() === '') continue;
    const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part);
    if (found === null) return undefined;
    const low = Number(found[1]);
    const high = Number(found[2] ?? found[1]);
    if (low > high || high > 65_535) return undefined;
    ranges.push([low, high]);
  }
  ranges.sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [low, high] of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)).join(',');
};
