/** What the Home tab of a person shows, gathered at the moment at which it is opened. */
import { type Home, type HomeMay, homeView } from '../blocks/home.js';
import { verdictOf } from '../blocks/verdict.js';
import type { Investigated, Measured } from '../command.js';
import { type Caller, personKey } from '../core/caller.js';
import type { Change } from '../core/change.js';
import type { Host, Inventory } from '../core/inventory.js';
import { type Action, evaluate, type Policy, personOf, type Subject } from '../core/policy.js';
import type { Rule } from '../core/rule.js';
import type { Watch } from '../core/watch.js';
import { membersOf, type Wave } from '../core/wave.js';
import type { Chat } from '../ports/chat.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import { type Store, StoreFailure } from '../ports/store.js';
import { HomeMemory, type Kept } from './home-memory.js';
import { openWaves } from './wave-records.js';

export interface HomesParts {
  store: Pick<Store, 'changes' | 'documents'>;
  chat: Chat;
  clock: Clock;
  log: Log;
  rules: ReadonlyMap<string, Rule>;
  policy: () => Policy;
  inventory: () => Inventory;
  /** the last good measurement of a host, whoever asked for it: a sweep, a watch, a change */
  last?: (host: Host) => Measured | undefined;
}

/** changes that are read to know their waves */
const MEMBERS_MAX = 400;
const FRESH_MS = 24 * 3_600_000;
const SHOWN: readonly (readonly [Action, string])[] = [
  ['see', 'Measure'],
  ['propose', 'Propose changes'],
  ['approve', 'Approve changes of others'],
  ['confirm', 'Confirm what is in force'],
  ['revert', 'Revert what is in force'],
];

export class Homes {
  private readonly memory: HomeMemory;

  constructor(private readonly parts: HomesParts) {
    this.memory = new HomeMemory(parts);
  }

  /** Remembers what was measured, for this person's and everybody's Home. Never rejects. */
  measured(caller: Caller, investigated: Investigated): Promise<void> {
    return this.memory.keep(this.keptOf(investigated, this.parts.clock.now()), personKey(caller));
  }

  /** Remembers how a host is, for everybody's Home. Never rejects. */
  keep(investigated: Investigated): Promise<void> {
    return this.memory.keep(this.keptOf(investigated, this.parts.clock.now()));
  }

  /** Writes what waits to be written. */
  finish(): Promise<void> {
    return this.memory.finish();
  }

  private keptOf(investigated: Investigated, atMs: number): Kept {
    const host = investigated.host.name;
    const verdict =
      investigated.status === 'measured' ? verdictOf(investigated.diagnosis, this.parts.rules) : undefined;
    return {
      host,
      atMs,
      line: verdict?.line ?? `NO ANSWER  ${host}`,
      wrong: verdict === undefined || verdict.level === 'CRITICAL' || verdict.level === 'WARNING',
    };
  }

  /** What is kept, or the newer one that the program has at hand. */
  private newest(host: Host, kept: Kept | undefined): Kept | undefined {
    const last = this.parts.last?.(host);
    const lastMs = last === undefined ? 0 : Date.parse(last.snapshot.measuredAt);
    return last !== undefined && lastMs > (kept?.atMs ?? 0) ? this.keptOf(last, lastMs) : kept;
  }

  async publish(caller: Caller, subject: Subject): Promise<void> {
    await this.parts.chat.publishHome(caller.userId, homeView(await this.gather(caller, subject)));
  }

  async gather(caller: Caller, subject: Subject): Promise<Home> {
    const { clock, inventory, policy } = this.parts;
    const { changes, documents } = this.parts.store;
    const atMs = clock.now();
    // On Home there is no channel: grants of one channel count, the click's own place is checked again there.
    const anywhere: Policy = { ...policy(), grants: policy().grants.map((grant) => ({ ...grant, channels: [] })) };
    const may = (action: Action, host: Host) => evaluate(anywhere, inventory(), { subject, action, host, nowMs: atMs });
    const visible = [...inventory().hosts.values()].filter((host) => may('see', host).allowed);
    const names = new Set(visible.map(({ name }) => name));
    const me = personOf(policy(), personKey(caller));
    const none: Pick<Home, 'approvals' | 'inForce' | 'findings' | 'recent' | 'watches'> = {
      approvals: [],
      inForce: [],
      findings: [],
      recent: [],
      watches: [],
    };
    const hostOf = (change: Change): Host | undefined => inventory().hosts.get(change.plan.host.name);
    try {
      const [open, members, known, recent, watches] = await Promise.all([
        changes.find({ open: true, wave: 'none', limit: 200 }),
        changes.find({ open: true, wave: 'any', limit: MEMBERS_MAX }),
        this.memory.ofHosts(),
        this.memory.ofPerson(personKey(caller)),
        documents.list<Watch>('watch'),
      ]);
      const seen = open.filter(({ plan }) => names.has(plan.host.name));
      const waves = await openWaves(this.parts, members);
      const waitsForMe = (wave: Wave): boolean =>
        wave.state === 'proposed' &&
        wave.requester.person !== me &&
        wave.approvals.every(({ person }) => person !== me) &&
        membersOf(wave).every(({ host: name }) => {
          const host = inventory().hosts.get(name);
          return host !== undefined && may('approve', host).allowed;
        });
      return {
        ...none,
        atMs,
        may: this.mayDo(visible, may),
        approvals: seen.filter((change) => {
          const host = hostOf(change);
          const done = change.approvals.some(({ by }) => by.person === me);
          const mine = change.requester.person === me;
          return change.state === 'proposed' && !mine && !done && host !== undefined && may('approve', host).allowed;
        }),
        waves: waves.waves
          .filter((it) => [...it.changes.values()].every(({ plan }) => names.has(plan.host.name)))
          .map((it) => ({ ...it, mine: waitsForMe(it.wave) })),
        moreWaves: waves.more || members.length === MEMBERS_MAX,
        inForce: seen.filter(({ state }) => state === 'applying' || state === 'applied' || state === 'verified'),
        findings: visible
          .map((host) => this.newest(host, known.get(host.name)))
          .filter((it) => it !== undefined)
          .filter(({ wrong, atMs: at }) => wrong && atMs - at < FRESH_MS)
          .sort((a, b) => b.atMs - a.atMs),
        recent: recent.filter(({ host }) => names.has(host)),
        watches: watches
          .map(({ value }) => value)
          .filter(({ by, ended }) => ended === undefined && personKey(by) === personKey(caller))
          .map(({ host, endsMs }) => ({ host, endsMs })),
      };
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      const problem = 'The database of the bot can’t be read: changes and measurements are not shown.';
      return { ...none, atMs, may: this.mayDo(visible, may), problem };
    }
  }

  private mayDo(visible: readonly Host[], may: (action: Action, host: Host) => ReturnType<typeof evaluate>): HomeMay[] {
    if (visible.length === 0) return [];
    return SHOWN.map(([action, words]) => {
      const verdicts = visible.map((host) => may(action, host));
      const refused = verdicts.find(({ allowed }) => !allowed);
      const who = refused === undefined ? [] : refused.whoCould.slice(0, 4);
      return {
        action: words,
        hosts: verdicts.filter(({ allowed }) => allowed).length,
        of: visible.length,
        ...(refused === undefined
          ? {}
          : { why: `${refused.why}${who.length === 0 ? '' : `. Who could: ${who.join(', ')}`}` }),
      };
    });
  }
}
