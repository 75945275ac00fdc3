/** What everything around changes is given, and what it says to one another: one interface, of which each takes its part. */
import type { Change } from '../core/change.js';
import type { Refusal } from '../core/change-decide.js';
import type { Diagnosis } from '../core/finding.js';
import type { Host, Inventory } from '../core/inventory.js';
import type { Hash } from '../core/plan-digest.js';
import type { Policy, Subject } from '../core/policy.js';
import type { SysctlEntry } from '../core/sysctl.js';
import type { Clock, Ids } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';

/** Given from outside. Policy and inventory are asked for at each use: they may be other ones since. */
export interface ChangePorts {
  store: Store;
  clock: Clock;
  ids: Ids;
  log: Log;
  hash: Hash;
  policy: () => Policy;
  inventory: () => Inventory;
  catalogue: ReadonlyMap<string, SysctlEntry>;
}

/** Measures and judges a host afresh; never throws. */
export type Diagnose = (host: Host) => Promise<{ ok: true; diagnosis: Diagnosis } | { ok: false; failure: string }>;

/** What an account is at this moment, looked up afresh; what could not be found out counts as no, and says so. */
export type SubjectNow = (account: string) => Promise<Subject>;

/** Who clicks, as it was looked up at this click. */
export interface Asker {
  subject: Subject;
  channel?: string;
  /** a one-time code was checked at this click */
  steppedUp?: true;
}

export type Result =
  | { ok: true; change: Change }
  | { ok: false; refusal: Refusal | { code: 'store' | 'host-busy' | 'unknown-change'; detail: string } };

/** `approval`: nobody did yet; `escalation`: and soon it ends; `window`: in force, and soon taken back unconfirmed; `worse`: in force, and the last look found it worse; `held`: to be taken back, and the host can't yet. */
export type Nudge = 'approval' | 'escalation' | 'window' | 'worse' | 'held';

/** What people are told beside a change's message, which notifies nobody when it is edited. `skipped`: passed over by broken glass. */
export type Notice = Nudge | 'skipped';
