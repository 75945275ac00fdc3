/** The transport itself, in the thread that it runs in: every connection is here, and nothing else. */
import type { Duplex } from 'node:stream';
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';
import type { Answer, AskOptions, CheckReport, Transport } from '../ports/transport.js';
import { askOver, StaleConnection } from './ask.js';
import { ProbeChannels } from './ask-kept.js';
import { runCheck } from './check.js';
import { Deadline, type Phase, type PhaseHolder } from './deadline.js';
import { asFailure, failure } from './failures.js';
import { askGate, checkGateRequest } from './gate.js';
import { HostKeys, judgeHostKey } from './host-keys.js';
import { Identities } from './identities.js';
import { Opener } from './opener.js';
import { type Lease, POOL_LIMITS, Pool, type PoolLimits } from './pool.js';
import { scanKeys } from './scan.js';
import { questionFor } from './script.js';
import { Aborter, type Signal } from './signal.js';
import { Standby } from './standby.js';
import { type Target, targetOf } from './target.js';

/** As the port has them, with a lighter signal allowed. */
export type EngineAskOptions = Omit<AskOptions, 'signal'> & { signal?: Signal };

export interface EngineOptions {
  hosts: readonly Host[];
  pool?: Partial<PoolLimits>;
  /** passphrases and the agent's socket are read from here; default: the process's environment */
  environment?: Readonly<Record<string, string | undefined>>;
  /** in [0, 1), for jitter */
  random?: () => number;
}

export class Engine implements Transport {
  readonly #hostKeys = new HostKeys();
  readonly #identities: Identities;
  readonly #opener: Opener;
  readonly #pool: Pool;
  readonly #standby: Standby;
  readonly #channels = new ProbeChannels();
  readonly #underWay = new Set<Deadline>();
  #hosts: ReadonlyMap<string, Host> = new Map();
  #preparing = new Aborter();
  /** of the read accounts; made anew when the inventory changes, as jump hosts are looked up in it */
  #targets = new WeakMap<Host, Target>();
  #closing = false;

  constructor(options: EngineOptions) {
    this.#identities = new Identities(options.environment ?? process.env);
    this.#opener = new Opener({
      hostKeys: this.#hostKeys,
      identities: this.#identities,
      lease: (target, signal) => this.#lease(target, signal),
      random: options.random ?? Math.random,
    });
    this.#pool = new Pool(
      (target, phase, signal, first) => this.#opener.open(target, phase, signal, first === undefined ? {} : { first }),
      { ...POOL_LIMITS, ...options.pool },
    );
    this.#standby = new Standby({
      lease: (target, signal) => this.#lease(target, signal),
      room: (target) => this.#pool.hasRoom(target),
      queue: () => this.#opener.queue,
    });
    this.inventoryChanged(options.hosts);
  }

  /** Connections that stand, for tests and for the log. */
  get connections(): number {
    return this.#pool.size;
  }

  /** A host of the inventory, by its name. */
  hostNamed(name: string): Host | undefined {
    return this.#hosts.get(name);
  }

  /** @throws Failure, as `targetOf` does */
  #targetOf(host: Host): Target {
    const known = this.#targets.get(host);
    if (known !== undefined) return known;
    const target = targetOf(host, 'read', this.#hosts);
    this.#targets.set(host, target);
    return target;
  }

  /** A lease whose host key is (still) a pinned one: pins may have changed since a warm connection was made. */
  async #lease(target: Target, signal: Signal, watcher?: Deadline, first?: string): Promise<Lease> {
    for (;;) {
      const lease = await this.#pool.lease(target, signal, watcher, first);
      if (!lease.warm) return lease;
      const pinned = await this.#hostKeys.of(target.host);
      if (judgeHostKey(pinned, lease.connection.hostKey, target.host.name) === undefined) return lease;
      lease.retire();
      lease.release();
    }
  }

  /** Runs `work` under one wall clock; what it throws becomes a failure. */
  async #within<T, F>(
    host: Host,
    options: EngineAskOptions | undefined,
    work: (deadline: Deadline) => Promise<T>,
    failed: (failure: ReturnType<typeof asFailure>) => F,
  ): Promise<T | F> {
    if (this.#closing) return failed(failure('shutting-down', host.name));
    const limitMs = Math.min(host.limits.totalTimeoutMs, options?.timeoutMs ?? Number.POSITIVE_INFINITY);
    const deadline = new Deadline(host.name, limitMs, options?.signal);
    this.#underWay.add(deadline);
    try {
      return await work(deadline);
    } catch (error) {
      return failed(asFailure(error, host.name).about(host.name));
    } finally {
      deadline.stop();
      this.#underWay.delete(deadline);
    }
  }

  ask(host: Host, script: Script, options?: EngineAskOptions): Promise<Answer> {
    return this.#within<Answer, Answer>(
      host,
      options,
      async (deadline) => {
        const target = this.#targetOf(host);
        const { command } = questionFor(host, script);
        for (let fresh = false; ; fresh = true) {
          const lease = await this.#lease(target, deadline.signal, deadline, command);
          try {
            const kept =
              options?.keepOpen === true ? await this.#channels.ask(lease, host, script, deadline) : undefined;
            const transcript = kept ?? (await askOver(lease, host, script, deadline));
            if (host.change !== undefined) this.#standby.want(targetOf(host, 'change', this.#hosts));
            return { status: 'ok', transcript };
          } catch (error) {
            if (!(error instanceof StaleConnection)) throw error;
            lease.retire();
            if (fresh) throw failure('dropped', host.name);
          } finally {
            lease.release();
          }
        }
      },
      ({ failure: why }) => ({ status: 'failed', failure: why }),
    );
  }

  closeKept(host: Host): void {
    this.#channels.close(host.name);
  }

  check(host: Host, options?: EngineAskOptions): Promise<CheckReport> {
    return this.#within<CheckReport, CheckReport>(
      host,
      options,
      (deadline) => {
        const open = (told: { phase: (phase: Phase) => void; hostKey: () => void }) => {
          const holder: PhaseHolder = {
            get phase() {
              return deadline.phase;
            },
            set phase(phase: Phase) {
              deadline.phase = phase;
              told.phase(phase);
            },
          };
          const target = this.#targetOf(host);
          // Somebody may have mended what was refused a moment ago, and wants to see it.
          this.#pool.forgive(target);
          return this.#opener.open(target, holder, deadline.signal, { onHostKey: told.hostKey });
        };
        return runCheck(host, { open }, deadline);
      },
      ({ failure: why }) => ({ steps: [], failure: why }),
    );
  }

  scan(host: Host, options?: EngineAskOptions): ReturnType<Transport['scan']> {
    return this.#within<Awaited<ReturnType<Transport['scan']>>, { failure: ReturnType<typeof asFailure>['failure'] }>(
      host,
      options,
      async (deadline) => {
        const target = this.#targetOf(host);
        const connect = (): Promise<Duplex> => this.#opener.stream(target, deadline, deadline.signal);
        return { keys: await scanKeys(connect, host.name, deadline.signal) };
      },
      ({ failure: why }) => ({ failure: why }),
    );
  }

  gate(host: Host, request: string, options?: EngineAskOptions): ReturnType<Transport['gate']> {
    type Outcome = Awaited<ReturnType<Transport['gate']>>;
    return this.#within<Outcome, Outcome>(
      host,
      options,
      async (deadline) => {
        const refused = checkGateRequest(host, request);
        if (refused !== undefined) throw refused;
        const target = targetOf(host, 'change', this.#hosts);
        const lease = (): Promise<Lease> => this.#lease(target, deadline.signal, deadline);
        return { status: 'answered', answer: await askGate(host, request, lease, deadline) };
      },
      ({ failure: why }) => ({ status: 'failed', failure: why }),
    );
  }

  inventoryChanged(hosts: readonly Host[]): void {
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#targets = new WeakMap();
    this.#pool.keepOnly(this.#keysOf(hosts));
    this.#standby.forgive();
    this.#preparing.abort();
    this.#preparing = new Aborter();
    void this.#prepare(hosts, this.#preparing.signal);
  }

  /** Every target of the inventory, jump hosts as they are passed through included. */
  #keysOf(hosts: readonly Host[]): ReadonlySet<string> {
    const keys = new Set<string>();
    for (const host of hosts)
      for (const account of ['read', 'change'] as const)
        try {
          for (let at: Target | undefined = targetOf(host, account, this.#hosts); at !== undefined; at = at.via)
            keys.add(at.key);
        } catch {
          // A host with a broken way is told about when it is asked for.
        }
    return keys;
  }

  async #prepare(hosts: readonly Host[], signal: Signal): Promise<void> {
    const identities = hosts.flatMap((host) => [...host.identity, ...(host.change?.identity ?? [])]);
    const distinct = new Map(identities.map((identity) => [JSON.stringify(identity), identity]));
    await this.#identities.prepare([...distinct.values()]);
    await this.#hostKeys.prepare(hosts, signal);
  }

  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#standby.stop();
    this.#preparing.abort();
    const endsMs = performance.now() + graceMs;
    while (this.#underWay.size > 0 && performance.now() < endsMs)
      await new Promise((resolve) => setTimeout(resolve, Math.min(20, graceMs)));
    for (const deadline of this.#underWay) deadline.abort('shutting-down');
    this.#pool.close(failure('shutting-down', 'transport'));
    this.#opener.stop();
  }
}
