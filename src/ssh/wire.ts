/** What passes between the main thread and the thread that owns the connections: plain data, no secrets. */
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';
import type { PoolLimits } from './pool.js';

export interface WorkerStart {
  hosts: readonly Host[];
  pool?: Partial<PoolLimits>;
}

export type Call =
  | { call: 'ask'; host: HostReference; script: Script; keepOpen?: boolean }
  | { call: 'check'; host: HostReference }
  | { call: 'scan'; host: HostReference }
  | { call: 'gate'; host: HostReference; request: string };

/** What is called in one turn goes over together: a fleet's question is one message, and its script is in it once. */
export type ToWorker =
  | { kind: 'many'; messages: readonly ToWorker[] }
  | { kind: 'call'; id: number; call: Call; timeoutMs?: number }
  | { kind: 'cancel'; id: number }
  /** answered at once, with nothing: the thread lives */
  | { kind: 'ping'; id: number }
  | { kind: 'close-kept'; host: Host }
  | { kind: 'inventory'; hosts: readonly Host[] }
  | { kind: 'close'; id: number; graceMs: number };

/** A host of the inventory goes by its name; another, or an older state of it, as it is. */
export type HostReference = Host | string;

/** `value` is what the called function of the port resolves to */
export interface Reply {
  id: number;
  value: unknown;
}

/** likewise what was answered in one turn */
export type FromWorker = readonly Reply[];
