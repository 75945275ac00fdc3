/** Sweeps and their alerts for one caller: only what that person may see. */
import type { SweepShown } from '../blocks/sweep.js';
import type { SweepDesk } from '../command/sweeps.js';
import type { Caller } from '../core/caller.js';
import type { Host, Inventory } from '../core/inventory.js';
import { type Alert, hostsOf, nextOnGrid, type Sweep, type SweepState } from '../core/sweep.js';
import type { Clock } from '../ports/clock.js';
import type { Store } from '../ports/store.js';
import type { SweepAlerts } from './sweep-alerts.js';
import type { SweepRecords } from './sweep-records.js';

/** Hosts that are measured, and how many the sweep names. */
export interface Selected {
  hosts: readonly Host[];
  named: number;
}

export interface SweepDeskParts {
  store: Pick<Store, 'samples'>;
  records: SweepRecords;
  alerts: SweepAlerts;
  clock: Clock;
  inventory: () => Inventory;
  sweeps: () => readonly Sweep[];
  selected: (sweep: Sweep) => Selected;
  /** who that is, for the audit log */
  actorOf: (caller: Caller) => string;
}

const lastOf = ({ atMs, answered, asked, notAsked }: SweepState): NonNullable<SweepShown['last']> => ({
  atMs,
  answered,
  asked,
  ...(notAsked === undefined ? {} : { notAsked }),
});

export const makeSweepDesk = (parts: SweepDeskParts, caller: Caller, maySee: (host: Host) => boolean): SweepDesk => {
  const { alerts, clock, inventory, records, store, sweeps } = parts;
  const seen = (names: readonly string[]): readonly string[] =>
    names.filter((name) => {
      const host = inventory().hosts.get(name);
      return host !== undefined && maySee(host);
    });
  /** The sweep that an alert is of; undefined where the caller may see none of its hosts. */
  const sweepOf = (id: string): Sweep | undefined => {
    const sweep = sweeps().find(({ name }) => name === id.split('/')[0]);
    return sweep !== undefined && parts.selected(sweep).hosts.some(maySee) ? sweep : undefined;
  };
  const by = { actor: parts.actorOf(caller), channel: caller.channel };
  const openAlert = (alert: Alert, names: readonly string[], nowMs: number): SweepShown['open'][number] => ({
    cause: alert.cause,
    hosts: names,
    sinceMs: alert.raisedAtMs,
    ...(alert.acknowledged === undefined ? {} : { acknowledgedBy: alert.acknowledged.by }),
    ...((alert.silencedUntilMs ?? 0) > nowMs ? { silencedUntilMs: alert.silencedUntilMs } : {}),
  });
  return {
    samples: (host, fromMs, toMs) => (maySee(host) ? store.samples.read(host.name, fromMs, toMs) : Promise.resolve([])),
    list: async () => {
      const nowMs = clock.now();
      const states = await records.all();
      return sweeps().flatMap((sweep): SweepShown[] => {
        const { hosts, named } = parts.selected(sweep);
        if (hosts.length > 0 && !hosts.some(maySee)) return [];
        const state = states.get(sweep.name);
        const { name, everySeconds, channel } = sweep;
        return [
          {
            name,
            hosts: sweep.hosts,
            everySeconds,
            channel,
            nextMs: nextOnGrid(nowMs, everySeconds),
            ...(named === hosts.length ? {} : { cut: { measured: hosts.length, named } }),
            ...(state === undefined || state.atMs === 0 ? {} : { last: lastOf(state) }),
            open: Object.values(state?.alerts ?? {}).flatMap((alert) => {
              const names = seen(hostsOf(alert));
              return names.length === 0 ? [] : [openAlert(alert, names, nowMs)];
            }),
          },
        ];
      });
    },
    acknowledge: async (id) => {
      const sweep = sweepOf(id);
      if (sweep === undefined) return 'gone';
      const acknowledged = { by: caller.userId, atMs: clock.now() };
      const change = (alert: Alert): Alert | 'already' =>
        alert.acknowledged === undefined ? { ...alert, acknowledged } : 'already';
      return alerts.mark(sweep, id, { kind: 'alert.acknowledged', what: 'acknowledged the alert', change }, by);
    },
    silence: async (id, minutes) => {
      const sweep = sweepOf(id);
      if (sweep === undefined) return 'gone';
      const silencedUntilMs = clock.now() + minutes * 60_000;
      const change = (alert: Alert): Alert => ({ ...alert, silencedUntilMs });
      const what = `silenced the alert for ${minutes} min`;
      const how = await alerts.mark(sweep, id, { kind: 'alert.silenced', what, change }, by);
      return how === 'gone' ? 'gone' : 'done';
    },
  };
};
