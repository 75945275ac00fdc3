/** What a typed name came to. */
import type { LeftOut } from '../blocks/fleet-left-out.js';
import type { Host } from '../core/inventory.js';

/** What a typed name stands for among the hosts that the caller may see. */
export type Found =
  | { ok: true; hosts: readonly Host[]; leftOut?: LeftOut }
  | { ok: false; problem: string }
  | { ok: false; term: string; nearest: readonly string[] };
