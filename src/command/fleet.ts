/** What a command may do with many hosts, and what it gets. */
import type { LeftOut } from '../blocks/fleet-left-out.js';
import type { FleetProgress } from '../blocks/fleet-progress.js';
import type { FleetMember } from '../core/fleet.js';
import type { Host } from '../core/inventory.js';
import type { SysctlFacts } from '../core/sysctl-query.js';
import type { Found } from './found.js';

/** An answer about many hosts, kept for its buttons; gone after a restart. */
export interface KeptFleet {
  id: string;
  /** ISO 8601 */
  startedAt: string;
  tookMs: number;
  members: readonly FleetMember[];
  overTime: boolean;
  replayed: boolean;
  /** user id */
  stoppedBy?: string;
}

export interface SysctlsOfMany {
  /** ISO 8601 */
  readAt: string;
  tookMs: number;
  facts: ReadonlyMap<string, SysctlFacts>;
  silent: readonly { host: string; problem: string }[];
}

export type Selection = Extract<Found, { ok: false }> | { ok: true; hosts: readonly Host[]; leftOut: LeftOut };

export interface FleetDesk {
  /** more hosts than this take a click */
  readonly limit: number;
  /** more than this are not asked at once, whoever clicks */
  readonly most: number;
  /** Hosts that the caller may see, and what was left out. */
  select(selector: string): Selection;
  newId(): string;
  /** Never rejects. Under `id` it can be stopped meanwhile, and its answer is kept. */
  measure(id: string, hosts: readonly Host[], onProgress: (progress: FleetProgress) => void): Promise<KeptFleet>;
  readSysctls(
    id: string,
    hosts: readonly Host[],
    onProgress: (progress: FleetProgress) => void,
  ): Promise<SysctlsOfMany>;
  /** with the members that the caller may see; `hidden`: how many others there are */
  kept(id: string): (KeptFleet & { hidden: number }) | undefined;
  /** @returns false where nothing of that id is under way, or none of it is for the caller's eyes */
  stop(id: string): boolean;
}
