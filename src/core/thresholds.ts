/** The thresholds that hold for a host: what its inventory says otherwise than the rules themselves. */
import type { Host, Inventory } from './inventory.js';
import { selects } from './policy.js';
import type { Thresholds } from './rule.js';

export const thresholdsFor = (inventory: Inventory, host: Host): Thresholds => {
  const set: Record<string, number> = {};
  for (const override of inventory.thresholds ?? [])
    if (selects(override.hosts, host, inventory)) Object.assign(set, override.set);
  return set;
};
