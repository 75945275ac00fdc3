/**
 * Asks hosts, reads and judges their answers. People who ask for a host at the same time share one measurement; the last one of
 * every host is kept, for growth and rates and for the moment when the host no longer answers.
 */
import { setMaxListeners } from 'node:events';
import type { Investigated, Measured, SysctlsRead } from '../command.js';
import { diagnose } from '../core/diagnose.js';
import type { Host } from '../core/inventory.js';
import type { Rule, Thresholds } from '../core/rule.js';
import type { Script } from '../core/script.js';
import type { Snapshot } from '../core/snapshot.js';
import type { SysctlFacts } from '../core/sysctl-query.js';
import type { Clock, Ids } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Answer, CheckReport, Transport, TransportFailure } from '../ports/transport.js';
import { endingWith } from './ending.js';
import { Lasting } from './investigate-lasting.js';
import { Shared } from './investigate-shared.js';
import { Shelf } from './investigate-shelf.js';
import { Turns } from './turns.js';

/** The transport keeps the wall clock itself; this one is for a transport that does not. */
const BELT_MS = 2_000;

export interface InvestigationsOptions {
  transport: Transport;
  clock: Clock;
  ids: Ids;
  log: Log;
  rules: ReadonlyMap<string, Rule>;
  thresholds?: (host: Host) => Thresholds;
  scripts: { state: () => Script; sysctl: () => Script };
  /** transcripts → values; pure */
  parse: {
    state: (text: string, about: { host: string; measuredAt: string; tookMs: number }) => Snapshot;
    sysctl: (text: string) => SysctlFacts;
  };
}

export class Investigations {
  private readonly measuring = new Shared<Investigated>();
  private readonly reading = new Shared<SysctlsRead>();
  private readonly kept = new Shelf();
  private readonly stopping = new AbortController();
  private readonly turns = new Turns();
  private readonly lasting = new Lasting((host) => this.options.transport.closeKept(host));

  constructor(private readonly options: InvestigationsOptions) {
    // Every question that is under way listens for the end.
    setMaxListeners(0, this.stopping.signal);
  }

  /** Never rejects. @param signal who asked no longer wants it; the host is left alone when nobody does */
  investigate(host: Host, signal?: AbortSignal): Promise<Investigated> {
    return this.measuring.ask(host, (ended) => this.measure(host, ended), signal);
  }

  /** Never rejects. @param signal as above */
  readSysctls(host: Host, signal?: AbortSignal): Promise<SysctlsRead> {
    return this.reading.ask(host, (ended) => this.askSysctls(host, ended), signal);
  }

  /** Never rejects. */
  async check(host: Host, signal?: AbortSignal): Promise<CheckReport> {
    const ends = endingWith(this.stopping.signal, signal);
    try {
      return await this.options.transport.check(host, { signal: ends.signal });
    } catch (error) {
      this.options.log.error({ host: host.name, err: error }, 'the check itself failed');
      return { steps: [], failure: internal(`The check of ${host.name} failed inside the bot. The log says why.`) };
    } finally {
      ends.done();
    }
  }

  /**
   * These hosts are measured again and again by `who` (a sweep, the watches): a shell is kept open on each, whoever asks, until
   * none of them names it any more.
   * @param hosts all of them, in place of those that it named before
   */
  keepOpen(who: string, hosts: readonly Host[]): void {
    this.lasting.set(who, hosts);
  }

  last(host: Host): Measured | undefined {
    return this.kept.ofHost(host.name);
  }

  measurement(id: string): Measured | undefined {
    return this.kept.byId(id);
  }

  /** What is under way is given up. */
  stop(): void {
    this.stopping.abort();
  }

  private async measure(host: Host, ended: AbortSignal): Promise<Investigated> {
    const { clock, ids, log, parse, rules, scripts } = this.options;
    const startedMs = clock.now();
    const last = this.kept.ofHost(host.name);
    const answer = await this.ask(host, scripts.state(), ended);
    const tookMs = Math.max(0, clock.now() - startedMs);
    if (answer.status === 'failed') {
      const { failure } = answer;
      log.warn(
        { host: host.name, problem: failure.problem, tookMs, detail: failure.detail ?? '' },
        'a host gave no answer',
      );
      return { status: 'failed', host, failure, ...(last === undefined ? {} : { last }) };
    }
    try {
      const { text } = answer.transcript;
      const previous = last?.snapshot;
      const { snapshot, diagnosis } = await this.turns.take(() => {
        const snapshot = parse.state(text, {
          host: host.name,
          measuredAt: new Date(startedMs).toISOString(),
          tookMs: answer.transcript.tookMs,
        });
        const thresholds = this.options.thresholds?.(host) ?? {};
        const diagnosis = diagnose({ snapshot, ...(previous === undefined ? {} : { previous }), thresholds, rules });
        return { snapshot, diagnosis };
      });
      const measured: Measured = {
        status: 'measured',
        id: ids.next(),
        host,
        snapshot,
        diagnosis,
        transcript: text,
        ...(previous === undefined ? {} : { previous }),
      };
      this.kept.keep(measured);
      log.info(
        { host: host.name, tookMs, bytes: text.length, status: answer.transcript.warm ? 'warm' : 'cold' },
        'measured',
      );
      return measured;
    } catch (error) {
      log.error({ host: host.name, err: error }, 'an answer could not be read');
      const failure = internal(
        `${host.name} answered, but the bot failed to read it. That is a mistake of the bot's; the log says why.`,
      );
      return { status: 'failed', host, failure, ...(last === undefined ? {} : { last }) };
    }
  }

  private async askSysctls(host: Host, ended: AbortSignal): Promise<SysctlsRead> {
    const { clock, log, parse, scripts } = this.options;
    const readAt = new Date(clock.now()).toISOString();
    const answer = await this.ask(host, scripts.sysctl(), ended);
    if (answer.status === 'failed') {
      const { failure } = answer;
      log.warn({ host: host.name, problem: failure.problem, detail: failure.detail ?? '' }, 'a host gave no sysctls');
      return { status: 'failed', failure };
    }
    try {
      const facts = await this.turns.take(() => parse.sysctl(answer.transcript.text));
      return { status: 'read', facts, readAt };
    } catch (error) {
      log.error({ host: host.name, err: error }, 'sysctls could not be read');
      return {
        status: 'failed',
        failure: internal(`The bot failed to read the sysctls of ${host.name}. The log says why.`),
      };
    }
  }

  /** One question over the transport, ended by the host's wall clock whatever the transport does. */
  private async ask(host: Host, script: Script, ended: AbortSignal): Promise<Answer> {
    const { clock, log, transport } = this.options;
    // One script can be held by the shell that is kept open: the one that is asked for again and again.
    const keepOpen = script.id === 'state' && this.lasting.has(host);
    const over = new AbortController();
    const ends = endingWith(over.signal, ended, this.stopping.signal);
    const { signal } = ends;
    const beltMs = host.limits.totalTimeoutMs + BELT_MS;
    const belt = clock.sleep(beltMs, over.signal).then(
      (): Answer => ({
        status: 'failed',
        failure: {
          problem: 'wall-clock',
          message: `No answer within ${Math.round(host.limits.totalTimeoutMs / 1000)} s. The host may be overloaded or the path cut.`,
        },
      }),
    );
    // Said at once, whatever the transport does with its signal.
    let say = (): void => undefined;
    const given = new Promise<Answer>((resolve) => {
      say = () => resolve({ status: 'failed', failure: this.stopping.signal.aborted ? STOPPED : CALLED_OFF });
      if (signal.aborted) say();
      else signal.addEventListener('abort', say, { once: true });
    });
    try {
      return await Promise.race([
        given,
        transport.ask(host, script, { signal, ...(keepOpen ? { keepOpen } : {}) }),
        belt,
      ]);
    } catch (error) {
      log.error({ host: host.name, err: error }, 'the transport threw');
      return { status: 'failed', failure: internal(`Asking ${host.name} failed inside the bot. The log says why.`) };
    } finally {
      signal.removeEventListener('abort', say);
      // A transport that is still at it lets go of the host.
      over.abort();
      ends.done();
    }
  }
}

const internal = (message: string): TransportFailure => ({ problem: 'internal', message });
const STOPPED: TransportFailure = {
  problem: 'shutting-down',
  message: 'The bot was stopped while it measured. Ask again in a moment.',
};
const CALLED_OFF: TransportFailure = {
  problem: 'cancelled',
  message: 'It was called off before the host answered. Ask again when it is wanted.',
};

/** The question ended, not the host: says nothing about it. */
export const saysNothing = (failure: TransportFailure): boolean =>
  failure.problem === 'cancelled' || failure.problem === 'shutting-down';
