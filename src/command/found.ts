/** What a typed name came to. */
import type { Host } from '../core/inventory.js';

/** What a typed name stands for among the hosts that the caller may see. */
export type Found =
  | { ok: true; hosts: readonly Host[] }
  | { ok: false; problem: string }
  | { ok: false; term: string; nearest: readonly string[] };
