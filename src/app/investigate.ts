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
  private readonly measuring = new Map<string, { host: Host; answer: Promise<Investigated> }>();
  private readonly reading = new Map<string, { host: Host; answer: Promise<SysctlsRead> }>();
  private readonly kept = new Shelf();
  private readonly stopping = new AbortController();
  private readonly turns = new Turns();

  constructor(private readonly options: InvestigationsOptions) {
    // Every question that is under way listens for the end.
    setMaxListeners(0, this.stopping.signal);
  }

  /** Never rejects. */
  investigate(host: Host): Promise<Investigated> {
    return this.shared(this.measuring, host, () => this.measure(host));
  }

  /** Never rejects. */
  readSysctls(host: Host): Promise<SysctlsRead> {
    return this.shared(this.reading, host, () => this.askSysctls(host));
  }

  /** Never rejects. */
  async check(host: Host): Promise<CheckReport> {
    try {
      return await this.options.transport.check(host, { signal: this.stopping.signal });
    } catch (error) {
      this.options.log.error({ host: host.name, err: error }, 'the check itself failed');
      return { steps: [], failure: internal(`The check of ${host.name} failed inside the bot. The log says why.`) };
    }
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

  /** One question at a time per host, as it is registered now: after a reload a changed host is asked anew. */
  private shared<T>(
    running: Map<string, { host: Host; answer: Promise<T> }>,
    host: Host,
    ask: () => Promise<T>,
  ): Promise<T> {
    const now = running.get(host.name);
    if (now?.host === host) return now.answer;
    const mine = { host, answer: ask() };
    running.set(host.name, mine);
    void mine.answer.finally(() => {
      if (running.get(host.name) === mine) running.delete(host.name);
    });
    return mine.answer;
  }

  private async measure(host: Host): Promise<Investigated> {
    const { clock, ids, log, parse, rules, scripts } = this.options;
    const startedMs = clock.now();
    const last = this.kept.ofHost(host.name);
    const answer = await this.ask(host, scripts.state());
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

  private async askSysctls(host: Host): Promise<SysctlsRead> {
    const { clock, log, parse, scripts } = this.options;
    const readAt = new Date(clock.now()).toISOString();
    const answer = await this.ask(host, scripts.sysctl());
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
  private async ask(host: Host, script: Script): Promise<Answer> {
    const { clock, log, transport } = this.options;
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, this.stopping.signal]);
    const beltMs = host.limits.totalTimeoutMs + BELT_MS;
    const belt = clock.sleep(beltMs, end.signal).then(
      (): Answer => ({
        status: 'failed',
        failure: {
          problem: 'wall-clock',
          message: `No answer within ${Math.round(host.limits.totalTimeoutMs / 1000)} s. The host may be overloaded or the path cut.`,
        },
      }),
    );
    let say = (): void => undefined;
    const stopped = new Promise<Answer>((resolve) => {
      say = () =>
        resolve({
          status: 'failed',
          failure: {
            problem: 'shutting-down',
            message: 'The bot was stopped while it measured. Ask again in a moment.',
          },
        });
      if (this.stopping.signal.aborted) say();
      else this.stopping.signal.addEventListener('abort', say, { once: true });
    });
    try {
      return await Promise.race([transport.ask(host, script, { signal }), belt, stopped]);
    } catch (error) {
      log.error({ host: host.name, err: error }, 'the transport threw');
      return { status: 'failed', failure: internal(`Asking ${host.name} failed inside the bot. The log says why.`) };
    } finally {
      end.abort();
      this.stopping.signal.removeEventListener('abort', say);
    }
  }
}

const internal = (message: string): TransportFailure => ({ problem: 'internal', message });
