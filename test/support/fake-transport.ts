/** A transport without a network: hosts answer with recorded transcripts, or fail as they are told. For tests of what stands on it. */
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import type {
  Answer,
  AskOptions,
  GateAnswer,
  Transport,
  TransportFailure,
  TransportProblem,
} from '../../src/ports/transport.js';

export interface FakeHost {
  /** the text of the answer by script, complete with its closing line; or made anew for each ask */
  transcripts?: Partial<Record<Script['id'], string | (() => string)>>;
  /** every ask fails with this */
  problem?: TransportProblem;
  /** milliseconds until the answer; it can be cancelled meanwhile */
  delayMs?: number;
  /** what the gate answers to a request line; undefined: the outcome is unknown */
  gate?: (request: string) => GateAnswer;
  keys?: readonly { line: string; fingerprint: string }[];
}

export interface FakeTransport extends Transport {
  /** what was asked, in order: `web-1 state`, `web-1 gate set …` */
  readonly asked: readonly string[];
  /** changes how a host behaves from now on */
  set(name: string, behaviour: FakeHost): void;
}

const failureOf = (problem: TransportProblem, host: Host): TransportFailure => ({
  problem,
  message: `${host.name}: ${problem}`,
});

/** @param behaviours by the host's name; a host without one is `refused` */
export const fakeTransport = (behaviours: Readonly<Record<string, FakeHost>> = {}): FakeTransport => {
  const hosts = new Map(Object.entries(behaviours));
  const asked: string[] = [];
  let closing = false;

  /** why nothing comes back, after the host's delay; undefined when something does */
  const trouble = async (host: Host, options: AskOptions | undefined): Promise<TransportProblem | undefined> => {
    const { signal, timeoutMs = host.limits.totalTimeoutMs } = options ?? {};
    if (closing) return 'shutting-down';
    const behaviour = hosts.get(host.name);
    const waitMs = Math.min(behaviour?.delayMs ?? 0, timeoutMs);
    if (waitMs > 0 && !signal?.aborted)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        const onAbort = (): void => {
          clearTimeout(timer);
          resolve();
        };
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    if (signal?.aborted) return 'cancelled';
    if ((behaviour?.delayMs ?? 0) >= timeoutMs) return 'no-answer';
    return behaviour === undefined ? 'refused' : behaviour.problem;
  };

  return {
    asked,
    set: (name, behaviour) => void hosts.set(name, behaviour),
    ask: async (host, script, options): Promise<Answer> => {
      asked.push(`${host.name} ${script.id}`);
      const problem = await trouble(host, options);
      if (problem !== undefined) return { status: 'failed', failure: failureOf(problem, host) };
      const behaviour = hosts.get(host.name);
      const recorded = behaviour?.transcripts?.[script.id];
      const text = (typeof recorded === 'function' ? recorded() : (recorded ?? script.closingLine)).trimEnd();
      if (text.split('\n').at(-1) !== script.closingLine)
        return { status: 'failed', failure: failureOf('cut-off', host) };
      if (text.length > host.limits.outputBytesMax)
        return { status: 'failed', failure: failureOf('too-much-output', host) };
      const tookMs = behaviour?.delayMs ?? 1;
      return { status: 'ok', transcript: { text, stderr: '', exitCode: 0, tookMs, connectMs: 0, warm: true } };
    },
    closeKept: () => undefined,
    check: async (host, options) => {
      asked.push(`${host.name} check`);
      const problem = await trouble(host, options);
      const names = ['name', 'connect', 'host key', 'login', 'shell', 'tools'] as const;
      if (problem === undefined)
        return { steps: names.map((name) => ({ name, status: 'ok' as const, detail: '', tookMs: 1 })) };
      const failure = failureOf(problem, host);
      return {
        steps: names.map((name, at) => ({
          name,
          status: at === 0 ? ('ok' as const) : at === 1 ? ('failed' as const) : ('not tried' as const),
          detail: at === 1 ? failure.message : '',
          tookMs: 0,
        })),
        failure,
      };
    },
    scan: async (host, options) => {
      asked.push(`${host.name} scan`);
      const problem = await trouble(host, options);
      return problem === undefined ? { keys: hosts.get(host.name)?.keys ?? [] } : { failure: failureOf(problem, host) };
    },
    gate: async (host, request, options) => {
      asked.push(`${host.name} gate ${request}`);
      const problem = await trouble(host, options);
      const answer = hosts.get(host.name)?.gate;
      if (problem !== undefined) return { status: 'failed', failure: failureOf(problem, host) };
      if (host.change === undefined || answer === undefined)
        return { status: 'failed', failure: failureOf('identity-unreadable', host) };
      return { status: 'answered', answer: answer(request) };
    },
    inventoryChanged: () => undefined,
    close: async () => {
      closing = true;
    },
  };
};
