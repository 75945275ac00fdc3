/** What passes between the main thread and the thread that owns the connections: plain data, no secrets. */
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';
import type { PoolLimits } from './pool.js';

export interface WorkerStart {
  hosts: readonly Host[];
  pool?: Partial<PoolLimits>;
}

export type Call =
  | { call: 'ask'; host: Host; script: Script; keepOpen?: boolean }
  | { call: 'check'; host: Host }
  | { call: 'scan'; host: Host }
  | { call: 'gate'; host: Host; request: string };

export type ToWorker =
  | { kind: 'call'; id: number; call: Call; timeoutMs?: number }
  | { kind: 'cancel'; id: number }
  | { kind: 'close-kept'; host: Host }
  | { kind: 'inventory'; hosts: readonly Host[] }
  | { kind: 'close'; id: number; graceMs: number };

/** `value` is what the called function of the port resolves to */
export interface FromWorker {
  id: number;
  value: unknown;
}
