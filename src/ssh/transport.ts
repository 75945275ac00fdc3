/**
 * The transport as the program sees it: a thin front in the main thread, all of SSH in one worker thread. With the
 * connections in the main thread a fleet of 1,000 hosts delayed acknowledgements to Slack by up to 4 s; so it is 9–22 ms.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Host } from '../core/inventory.js';
import type { Script } from '../core/script.js';
import type { AskOptions, Transport, TransportFailure } from '../ports/transport.js';
import { describe, failure } from './failures.js';
import type { PoolLimits } from './pool.js';
import type { Call, FromWorker, ToWorker, WorkerStart } from './wire.js';

export interface TransportOptions {
  /** the inventory: also where jump hosts are found */
  hosts: readonly Host[];
  pool?: Partial<PoolLimits>;
  /** told about faults of the worker thread; never anything of hosts or keys */
  log?: (level: 'error' | 'info', message: string, fields: Readonly<Record<string, string | number>>) => void;
  /** another file to run as the worker, for tests that run from source */
  workerUrl?: URL;
}

/** The worker keeps its own time; only when it hangs does the main thread answer in its place, so much later. */
const BACKSTOP_MS = 2_000;
/** Longer than a thread takes to load its modules on the busiest machine. */
const START_MS_MAX = 30_000;
/** A thread that does not even say within this that it is there is replaced. */
const REPLY_MS = 3_000;
/** A thread that is stuck outside JavaScript never ends; nobody waits for it. */
const TERMINATE_MS = 1_000;
/** Enough for 2,400 connections and their answers; beyond it the thread ends, not the program. */
const HEAP_MB_MAX = 1_024;

/**
 * Three spaces of 2 MB for what is young: connections live long, and room for more is kept after a fleet's question (132 MB
 * against 104 for 1,000 idle connections) without saving CPU.
 */
const YOUNG_MB_MAX = 6;

interface Pending {
  host: string;
  call: Call['call'] | 'close' | 'ping';
  settle: (value: unknown) => void;
  release: () => void;
}

type CallHere = Call & { host: Host };

const byName = (hosts: readonly Host[]): ReadonlyMap<string, Host> => new Map(hosts.map((host) => [host.name, host]));

class ThreadedTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #pending = new Map<number, Pending>();
  #hosts: readonly Host[];
  /** the inventory as the worker has it, by name */
  #known: ReadonlyMap<string, Host>;
  /** what goes over with the end of this turn */
  #outgoing: ToWorker[] = [];
  #worker: Worker | undefined;
  /** it has said something */
  #ready = false;
  #startedMs = 0;
  #lastId = 0;
  #closing = false;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#hosts = options.hosts;
    this.#known = byName(options.hosts);
    this.#running();
  }

  /** The worker, started again if it died. */
  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const start: WorkerStart = {
      hosts: this.#hosts,
      ...(this.#options.pool === undefined ? {} : { pool: this.#options.pool }),
    };
    const worker = new Worker(this.#options.workerUrl ?? new URL('./worker.js', import.meta.url), {
      workerData: start,
      name: 'ssh',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: YOUNG_MB_MAX },
    });
    let why = '';
    this.#ready = false;
    this.#startedMs = performance.now();
    worker.on('message', (replies: FromWorker) => {
      this.#ready = true;
      for (const { id, value } of replies) this.#settle(id, value);
    });
    worker.on('error', (error) => {
      why = describe(error);
    });
    worker.on('exit', (code) => this.#died(worker, why === '' ? `exit ${code}` : why));
    this.#worker = worker;
    return worker;
  }

  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    // Everybody who waits is told now: what has not gone over must not be done by the next one.
    this.#outgoing = [];
    if (!this.#closing)
      this.#options.log?.('error', 'the SSH thread ended; it starts again with the next question', {
        reason: why,
        pending: this.#pending.size,
      });
    for (const [id, { call, host }] of this.#pending) this.#settle(id, failedValue(call, host, why));
  }

  #settle(id: number, value: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    pending.release();
    pending.settle(value);
  }

  #call<T>(call: CallHere, options: AskOptions | undefined): Promise<T> {
    const { host } = call;
    if (this.#closing) return Promise.resolve(failedValue(call.call, host.name, '', 'shutting-down') as T);
    this.#lastId += 1;
    const id = this.#lastId;
    const timeoutMs = options?.timeoutMs;
    const limitMs = Math.min(host.limits.totalTimeoutMs, timeoutMs ?? Number.POSITIVE_INFINITY);
    return new Promise<T>((resolve) => {
      const signal = options?.signal;
      const onAbort = (): void => this.#post({ kind: 'cancel', id });
      const backstop = setTimeout(() => this.#hangs(id, call), limitMs + BACKSTOP_MS);
      this.#pending.set(id, {
        host: host.name,
        call: call.call,
        // The worker's answer to a call is what the port's function of that name resolves to.
        settle: (value) => resolve(value as T),
        release: () => {
          clearTimeout(backstop);
          signal?.removeEventListener('abort', onAbort);
        },
      });
      const over = this.#known.get(host.name) === host ? { ...call, host: host.name } : call;
      this.#post({ kind: 'call', id, call: over, ...(timeoutMs === undefined ? {} : { timeoutMs }) });
      if (signal?.aborted) onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #post(message: ToWorker): void {
    this.#running();
    this.#outgoing.push(message);
    // As many microtasks as it takes a fleet's questions to be asked fit in between.
    if (this.#outgoing.length === 1) process.nextTick(() => this.#goOver());
  }

  #goOver(): void {
    const messages = this.#outgoing;
    this.#outgoing = [];
    if (messages.length > 0) this.#worker?.postMessage({ kind: 'many', messages } satisfies ToWorker);
  }

  /** The worker missed a time limit by seconds. Who waits for this is told; others only if its thread is stuck. */
  #hangs(id: number, call: CallHere): void {
    if (!this.#pending.has(id)) return;
    const worker = this.#worker;
    // On a machine that is very busy it may still be starting: to start another in its place would only take longer.
    if (!this.#ready && performance.now() - this.#startedMs < START_MS_MAX) {
      setTimeout(() => this.#hangs(id, call), BACKSTOP_MS).unref();
      return;
    }
    this.#settle(id, failedValue(call.call, call.host.name, 'the SSH thread did not answer in time'));
    if (worker === undefined) return;
    this.#post({ kind: 'cancel', id });
    void this.#ping(worker);
  }

  /** A thread on a busy machine is late, and its other calls are well; one that is stuck is replaced, and everybody told. */
  async #ping(worker: Worker): Promise<void> {
    if ([...this.#pending.values()].some(({ call }) => call === 'ping')) return;
    if (await this.#replies({ kind: 'ping' }, REPLY_MS)) return;
    this.#died(worker, 'it hung');
    void worker.terminate();
  }

  /** Asks the thread itself. @returns false where it said nothing within `ms`; true also when it died: nobody waits for it then */
  #replies(question: { kind: 'ping' } | { kind: 'close'; graceMs: number }, ms: number): Promise<boolean> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        resolve(false);
      }, ms);
      this.#pending.set(id, {
        host: '',
        call: question.kind,
        settle: () => resolve(true),
        release: () => clearTimeout(timer),
      });
      this.#post({ ...question, id });
    });
  }

  ask(host: Host, script: Script, options?: AskOptions): ReturnType<Transport['ask']> {
    return this.#call(
      { call: 'ask', host, script, ...(options?.keepOpen === true ? { keepOpen: true } : {}) },
      options,
    );
  }

  closeKept(host: Host): void {
    this.#worker?.postMessage({ kind: 'close-kept', host } satisfies ToWorker);
  }

  check(host: Host, options?: AskOptions): ReturnType<Transport['check']> {
    return this.#call({ call: 'check', host }, options);
  }

  scan(host: Host, options?: AskOptions): ReturnType<Transport['scan']> {
    return this.#call({ call: 'scan', host }, options);
  }

  gate(host: Host, request: string, options?: AskOptions): ReturnType<Transport['gate']> {
    return this.#call({ call: 'gate', host, request }, options);
  }

  inventoryChanged(hosts: readonly Host[]): void {
    this.#hosts = hosts;
    this.#known = byName(hosts);
    if (this.#closing || this.#worker === undefined) return;
    this.#goOver();
    this.#worker.postMessage({ kind: 'inventory', hosts } satisfies ToWorker);
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const worker = this.#worker;
    if (worker === undefined) return;
    await this.#replies({ kind: 'close', graceMs }, graceMs + REPLY_MS);
    await Promise.race([worker.terminate(), sleep(TERMINATE_MS, undefined, { ref: false })]);
  }
}

/** What a call resolves to when the thread can't say it. A gate request may have been sent: its outcome is unknown. */
const failedValue = (
  call: Pending['call'],
  host: string,
  detail: string,
  problem: 'internal' | 'shutting-down' = 'internal',
): unknown => {
  const why: TransportFailure = failure(problem, host, { detail }).failure;
  if (call === 'check') return { steps: [], failure: why };
  if (call === 'scan') return { failure: why };
  if (call === 'gate' && problem === 'internal') return { status: 'answered', answer: { fields: {} } };
  return { status: 'failed', failure: why };
};

/** Starts the SSH thread. `close` ends it. */
export const createTransport = (options: TransportOptions): Transport => new ThreadedTransport(options);
