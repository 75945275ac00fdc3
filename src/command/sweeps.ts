/** What a command may do with sweeps and what they kept. */
import type { SweepShown } from '../blocks/sweep.js';
import type { Host } from '../core/inventory.js';
import type { TrendSample } from '../core/trend.js';

export interface SweepDesk {
  list(): Promise<readonly SweepShown[]>;
  /** What was kept of a host; [] where nothing was. */
  samples(host: Host, fromMs: number, toMs: number): Promise<readonly TrendSample[]>;
  /** @returns `gone`: that alert is over, or was never one */
  acknowledge(alert: string): Promise<'done' | 'already' | 'gone'>;
  silence(alert: string, minutes: number): Promise<'done' | 'gone'>;
}
