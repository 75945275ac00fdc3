/** A fresh connection tried step by step, each with what it found, so that an operator knows what to mend. */
import type { Host } from '../core/inventory.js';
import type { CheckReport, CheckStep } from '../ports/transport.js';
import { collect } from './collect.js';
import { type Connection, ConnectionLost } from './connection.js';
import type { Deadline, Phase } from './deadline.js';
import { asFailure, type Failure, failure } from './failures.js';
import { fingerprint } from './host-keys.js';

const NAMES = ['name', 'connect', 'host key', 'login', 'shell', 'tools'] as const;
type StepName = (typeof NAMES)[number];

/** Needed by the probe; without the others it has another way, or a reading fails with its reason. */
const NEEDED = ['awk', 'cat', 'uname'];
const USEFUL = ['ss', 'sort', 'head', 'tr', 'readlink', 'sleep', 'grep', 'dmesg'];

const TOOLS_DONE = '@@checked';
const TOOLS_SCRIPT = `PATH=$PATH:/usr/sbin:/sbin
for t in ${[...NEEDED, ...USEFUL].join(' ')}; do command -v "$t" >/dev/null 2>&1 && echo "tool $t"; done
echo ${TOOLS_DONE}
exit
`;

const STEP_OF_PHASE: Partial<Record<Phase, StepName>> = {
  'resolving the name': 'name',
  connecting: 'connect',
  'logging in': 'host key',
};

/** Where the ways through name, TCP and login lead: the opener, told about as it goes. */
interface CheckWay {
  open(told: { phase: (phase: Phase) => void; hostKey: () => void }): Promise<Connection>;
}

class CheckSteps {
  readonly steps: CheckStep[] = [];
  #current: StepName = 'name';
  #startedMs = performance.now();

  get current(): StepName {
    return this.#current;
  }

  /** Passes from the current step to `next`, which may lie several steps ahead. */
  reach(next: StepName, detail: string): void {
    while (this.#current !== next && this.steps.length < NAMES.length) {
      const after = NAMES[NAMES.indexOf(this.#current) + 1];
      if (after === undefined) return;
      this.#close('ok', after === next ? detail : '');
      this.#current = after;
    }
  }

  #close(status: CheckStep['status'], detail: string): void {
    const nowMs = performance.now();
    this.steps.push({ name: this.#current, status, detail, tookMs: Math.round(nowMs - this.#startedMs) });
    this.#startedMs = nowMs;
  }

  /** Back to an earlier step: the server dropped the connection and it is tried once more. */
  restart(step: StepName): void {
    this.steps.length = Math.min(this.steps.length, NAMES.indexOf(step));
    this.#current = step;
  }

  finish(detail: string): CheckReport {
    this.#close('ok', detail);
    return { steps: this.steps };
  }

  fail({ failure: failed }: Failure): CheckReport {
    this.#close('failed', failed.message);
    for (const name of NAMES.slice(this.steps.length))
      this.steps.push({ name, status: 'not tried', detail: '', tookMs: 0 });
    return { steps: this.steps, failure: failed };
  }
}

const shellStep = async (connection: Connection, host: Host, deadline: Deadline): Promise<string> => {
  deadline.phase = 'opening a session';
  const gate = host.access === 'gate';
  const session = await connection.openSession(gate ? 'version' : 'sh -s', deadline.signal);
  try {
    if (gate) session.channel.end();
    else session.channel.write(TOOLS_SCRIPT);
    const last = gate ? /(^|\n)end=[^\n]*\n$/ : new RegExp(`(^|\n)${TOOLS_DONE}\n$`);
    const { text, exitCode } = await collect(
      session,
      { bytesMax: 65_536, complete: (tail) => last.test(tail) },
      deadline,
      deadline.signal,
    );
    if (!last.test(text))
      throw failure('no-shell', host.name, {
        detail: `exit ${exitCode ?? 'unknown'}: ${text.slice(0, 100)}`,
        ...(gate
          ? { say: 'logged in, but the gate did not answer `version`. Is it installed as the forced command?' }
          : {}),
      });
    return text;
  } finally {
    session.abandon('kill');
  }
};

/** Runs the check. Never throws for what a host or a network does. */
export const runCheck = async (host: Host, way: CheckWay, deadline: Deadline): Promise<CheckReport> => {
  const steps = new CheckSteps();
  let connection: Connection | undefined;
  const details: Record<StepName, string> = {
    name: '',
    connect: `${host.address}:${host.port}`,
    'host key': '',
    login: `as ${host.user}`,
    shell: '',
    tools: '',
  };
  const advance = (next: StepName): void => {
    if (NAMES.indexOf(next) < NAMES.indexOf(steps.current)) steps.restart(next);
    else steps.reach(next, details[steps.current]);
  };
  try {
    connection = await way.open({
      phase: (phase) => {
        const step = STEP_OF_PHASE[phase];
        if (step !== undefined) advance(step);
      },
      hostKey: () => advance('login'),
    });
    const print = fingerprint(connection.hostKey);
    advance('shell');
    const text = await shellStep(connection, host, deadline);
    const named = steps.steps.map((step) => (step.name === 'host key' ? { ...step, detail: print } : step));
    steps.steps.splice(0, steps.steps.length, ...named);
    advance('tools');
    if (host.access === 'gate') return steps.finish('the gate brings its own');
    const there = new Set(text.split('\n').flatMap((line) => (line.startsWith('tool ') ? [line.slice(5)] : [])));
    const missing = NEEDED.filter((tool) => !there.has(tool));
    const lacking = USEFUL.filter((tool) => !there.has(tool));
    if (missing.length > 0)
      return steps.fail(
        failure('no-shell', host.name, { say: `it lacks ${missing.join(', ')}: nothing can be measured.` }),
      );
    return steps.finish(
      lacking.length === 0 ? 'all there' : `without ${lacking.join(', ')}: some readings cost more or can't be made`,
    );
  } catch (error) {
    if (error instanceof ConnectionLost) return steps.fail(failure('dropped', host.name));
    return steps.fail(asFailure(error, host.name));
  } finally {
    connection?.end();
  }
};
