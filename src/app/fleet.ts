/** Measures many hosts for one answer, and keeps the last answers for their buttons. */
import type { FleetProgress } from '../blocks/fleet-progress.js';
import { verdictOf } from '../blocks/verdict.js';
import type { KeptFleet, SysctlsOfMany } from '../command/fleet.js';
import type { Investigated } from '../command.js';
import { outcomeOf } from '../core/diagnose.js';
import type { Diagnosis } from '../core/finding.js';
import type { FleetLevel, FleetMember } from '../core/fleet.js';
import { numbersOf } from '../core/fleet-numbers.js';
import type { Host } from '../core/inventory.js';
import type { Rule } from '../core/rule.js';
import type { SysctlFacts } from '../core/sysctl-query.js';
import type { Clock, Ids } from '../ports/clock.js';
import { Places } from './fleet-places.js';
import { type FleetRun, runFleet } from './fleet-run.js';
import type { Investigations } from './investigate.js';

const KEPT_ANSWERS = 100;
const KEPT_MEMBERS = 20_000;

/** One that had no answer when it was all over, and why. */
interface Missing {
  host: Host;
  problem: 'wall-clock' | 'cancelled' | 'not-asked';
}

interface Ran<T> {
  answers: ReadonlyMap<string, T>;
  missing: readonly Missing[];
  overTime: boolean;
  tookMs: number;
  /** user id */
  stoppedBy?: string;
}

export interface FleetsOptions {
  investigations: Investigations;
  clock: Clock;
  ids: Ids;
  rules: ReadonlyMap<string, Rule>;
  hostsAtOnce?: number;
}

const levelOf = (diagnosis: Diagnosis): FleetLevel => {
  const outcome = outcomeOf(diagnosis);
  if (outcome === 'could not judge') return 'unjudged';
  if (outcome === 'nothing wrong') return 'ok';
  return diagnosis.findings.some(({ status, severity }) => status === 'present' && severity === 'crit')
    ? 'crit'
    : 'warn';
};

/** What would cure it, by rule. */
const settableOf = ({ findings }: Diagnosis): Record<string, readonly string[]> => {
  const settable: Record<string, readonly string[]> = {};
  for (const { id, status, remedies } of findings)
    if (status === 'present' && remedies.length > 0)
      settable[id] = [...new Set([...(settable[id] ?? []), ...remedies.map(({ key }) => key)])];
  return settable;
};

/** One host of many, as small as an answer about many needs it. */
export const memberOf = (
  investigated: Investigated,
  rules: ReadonlyMap<string, Rule>,
  groups: readonly string[] = investigated.host.groups,
): FleetMember => {
  const { host } = investigated;
  if (investigated.status === 'failed') {
    const { problem, message, via } = investigated.failure;
    return {
      status: 'failed',
      host: host.name,
      groups,
      problem,
      message,
      ...(via === undefined ? {} : { via }),
    };
  }
  const { id, snapshot, diagnosis, previous } = investigated;
  const verdict = verdictOf(diagnosis, rules);
  return {
    status: 'measured',
    host: host.name,
    groups,
    measurement: id,
    measuredAt: snapshot.measuredAt,
    tookMs: snapshot.tookMs,
    level: levelOf(diagnosis),
    clause: verdict.clause,
    causes: [...new Set(verdict.causes.map((finding) => finding.id))],
    effects: [...new Set(verdict.effects.map((finding) => finding.id))],
    notes: [...new Set(verdict.notes.map((finding) => finding.id))],
    ...(host.change === undefined ? {} : { settable: settableOf(diagnosis) }),
    numbers: numbersOf(snapshot, previous),
  };
};

export class Fleets {
  private readonly kept = new Map<string, KeptFleet>();
  private readonly running = new Map<string, { stop: AbortController; hosts: readonly Host[]; by?: string }>();
  private readonly places: Places;

  constructor(private readonly options: FleetsOptions) {
    this.places = new Places(options.hostsAtOnce);
  }

  newId(): string {
    return this.options.ids.next();
  }

  /** Never rejects. */
  async measure(
    id: string,
    hosts: readonly Host[],
    groupsOf: (host: Host) => readonly string[],
    onProgress?: (progress: FleetProgress) => void,
  ): Promise<KeptFleet> {
    const { investigations, rules, clock } = this.options;
    const startedAt = new Date(clock.now()).toISOString();
    // A member at once: a thousand whole measurements are not held until the last one has come.
    const { answers, missing, overTime, tookMs, stoppedBy } = await this.run(id, {
      hosts,
      asker: 'person',
      ask: async (host, ended) => memberOf(await investigations.investigate(host, ended), rules, groupsOf(host)),
      problemOf: (member: FleetMember) => (member.status === 'failed' ? member.problem : undefined),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const silent = ({ host, problem }: Missing): FleetMember => ({
      status: 'failed',
      host: host.name,
      groups: groupsOf(host),
      problem,
      message: 'It gave no answer before this one was over.',
    });
    const fleet: KeptFleet = {
      id,
      startedAt,
      tookMs,
      members: [...answers.values(), ...missing.map(silent)],
      overTime,
      replayed: hosts.some(({ lab }) => lab === 'replayed'),
      ...(stoppedBy === undefined ? {} : { stoppedBy }),
    };
    this.keep(fleet);
    return fleet;
  }

  /**
   * For sweeps: what is read of each. Who is missing was not asked, or was given up before its own time was over: that says nothing
   * of it. Never rejects, unless `read` throws.
   */
  async each<T>(hosts: readonly Host[], read: (investigated: Investigated) => T): Promise<ReadonlyMap<string, T>> {
    const { investigations } = this.options;
    const { answers } = await this.run(this.newId(), {
      hosts,
      asker: 'sweep',
      ask: async (host, ended) => read(await investigations.investigate(host, ended)),
      problemOf: () => undefined,
    });
    return answers;
  }

  /** Never rejects. */
  async readSysctls(
    id: string,
    hosts: readonly Host[],
    onProgress?: (progress: FleetProgress) => void,
  ): Promise<SysctlsOfMany> {
    const { investigations, clock } = this.options;
    const readAt = new Date(clock.now()).toISOString();
    const { answers, missing, tookMs } = await this.run(id, {
      hosts,
      asker: 'person',
      ask: (host, ended) => investigations.readSysctls(host, ended),
      problemOf: (read) => (read.status === 'failed' ? read.failure.problem : undefined),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const facts = new Map<string, SysctlFacts>();
    const silent: { host: string; problem: string }[] = missing.map(({ host, problem }) => ({
      host: host.name,
      problem,
    }));
    for (const [host, answer] of answers)
      if (answer.status === 'read') facts.set(host, answer.facts);
      else silent.push({ host, problem: answer.failure.problem });
    return { readAt, tookMs, facts, silent };
  }

  ofId(id: string): KeptFleet | undefined {
    return this.kept.get(id);
  }

  /** @returns false where nothing of that id is under way */
  stop(id: string, by: string): boolean {
    const running = this.running.get(id);
    if (running === undefined) return false;
    running.by ??= by;
    running.stop.abort();
    return true;
  }

  /** The hosts that a run asks; undefined: nothing of that id is under way. */
  hostsOf(id: string): readonly Host[] | undefined {
    return this.running.get(id)?.hosts;
  }

  private async run<T>(id: string, how: Omit<FleetRun<T>, 'places' | 'clock' | 'stop'>): Promise<Ran<T>> {
    const { hosts } = how;
    const running: { stop: AbortController; hosts: readonly Host[]; by?: string } = {
      stop: new AbortController(),
      hosts,
    };
    this.running.set(id, running);
    try {
      const { answers, unanswered, notAsked, overTime, tookMs } = await runFleet({
        ...how,
        places: this.places,
        clock: this.options.clock,
        stop: running.stop.signal,
      });
      const problem = running.by === undefined ? 'wall-clock' : 'cancelled';
      return {
        answers,
        missing: [
          ...unanswered.map((host) => ({ host, problem }) as const),
          ...notAsked.map((host) => ({ host, problem: 'not-asked' }) as const),
        ],
        overTime,
        tookMs,
        ...(running.by === undefined ? {} : { stoppedBy: running.by }),
      };
    } finally {
      this.running.delete(id);
    }
  }

  private keep(fleet: KeptFleet): void {
    this.kept.set(fleet.id, fleet);
    let members = [...this.kept.values()].reduce((sum, kept) => sum + kept.members.length, 0);
    for (const [id, old] of this.kept) {
      if (this.kept.size <= KEPT_ANSWERS && members <= KEPT_MEMBERS) break;
      if (id === fleet.id) break;
      this.kept.delete(id);
      members -= old.members.length;
    }
  }
}
