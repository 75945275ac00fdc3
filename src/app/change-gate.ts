/** What the gate answers → what the state machine knows of a host. An answer that is none is `unknown`: ask `status`. */
import type { HostReport } from '../core/change-decide.js';
import { type GateState, readChange, readVersion } from '../core/gate/answer.js';
import { GATE_CODES } from '../core/gate/codes.js';
import { requestLine, setRequest } from '../core/gate/request.js';
import type { Host } from '../core/inventory.js';
import type { Plan } from '../core/plan-digest.js';
import type { GateAnswer, Transport, TransportFailure } from '../ports/transport.js';

export type Told =
  | { status: 'told'; report: HostReport /** the gate's own code, for the audit */; end: string }
  /** the request may or may not have had its effect */
  | { status: 'unknown'; failure: string };

const STATES: Readonly<Record<GateState, HostReport['state']>> = {
  prepared: 'prepared',
  applied: 'applied',
  committed: 'committed',
  confirmed: 'confirmed',
  reverting: 'held',
  reverted: 'reverted',
  conflict: 'conflict',
  failed: 'failed',
};

/** The gate's reasons why a key can't be put back yet. */
const HELD: Readonly<Record<string, string>> = {
  'in-use': 'has more in use now than the value from before allows',
  'not-accepted': 'is not accepted by the kernel',
  unreadable: 'can not be read',
};

const words = (failure: TransportFailure): string => failure.message;

/**
 * The report that an answer is; pure, so that every answer of a gate can be tried.
 * @param asked `set`, or a question about a change that may be in force already
 */
export const readReport = (answer: GateAnswer, asked: 'set' | 'step' = 'set'): Told => {
  const { end } = answer;
  if (end === undefined) return { status: 'unknown', failure: 'the answer was cut off' };
  if (end === 'unknown-id') return { status: 'told', end, report: { state: 'unknown-id' } };
  const change = readChange(answer);
  const code = GATE_CODES[end];
  const why = end === 'ok' ? undefined : (code?.meaning ?? `the gate said ${end}`);
  if (change === undefined) {
    // That a step had no effect (the gate is busy, its disk is full) says nothing of what an earlier request put in force.
    if (asked === 'step') return { status: 'unknown', failure: why ?? 'the answer shows no change' };
    // Nothing was recorded: the request had no effect. Any other answer without a state is not understood.
    if (end === 'stale') return { status: 'told', end, report: { state: 'conflict', why: why ?? '' } };
    return code?.effect === 'nothing' ||
      end === 'too-late' ||
      end === 'unreadable' ||
      end === 'not-accepted' ||
      end === 'no-timer'
      ? { status: 'told', end, report: { state: 'failed', why: why ?? '' } }
      : { status: 'unknown', failure: why ?? 'the answer shows no change' };
  }
  const held = change.held.map(({ key, reason }) => `${key} ${HELD[reason] ?? reason}`).join('; ');
  const state = STATES[change.state];
  return {
    status: 'told',
    end,
    report: {
      state,
      ...(change.leftSeconds === undefined ? {} : { leftSeconds: Math.max(0, change.leftSeconds) }),
      ...(held !== '' ? { why: held } : why === undefined ? {} : { why }),
      shadowedBy: [
        ...change.shadows.map(({ key, file, value }) => `${file} sets ${key} to ${value} at the next boot`),
        ...(change.needsConntrackModule
          ? ['the nf_conntrack module must be loaded before sysctl.d is read at boot']
          : []),
      ],
    },
  };
};

export class GateDoor {
  constructor(private readonly transport: Transport) {}

  /** The host's own clock, in which a request's end of life is named. */
  async clock(host: Host): Promise<{ boot8: string; uptimeSeconds: number } | { failure: string }> {
    const asked = await this.transport.gate(host, requestLine({ verb: 'version' }));
    if (asked.status === 'failed') return { failure: words(asked.failure) };
    const version = readVersion(asked.answer);
    return version === undefined
      ? { failure: `the gate said ${asked.answer.end ?? 'nothing whole'}` }
      : { boot8: version.bootId.slice(0, 8), uptimeSeconds: version.uptimeSeconds };
  }

  set(host: Host, id: string, plan: Plan, notAfter: { boot8: string; uptimeSeconds: number }): Promise<Told> {
    return this.ask(
      host,
      setRequest({
        id,
        ttlSeconds: plan.confirmWindowSeconds,
        notAfter,
        persistent: plan.persistent,
        entries: plan.entries,
      }),
      'set',
    );
  }

  step(host: Host, verb: 'confirm' | 'revert' | 'status', id: string): Promise<Told> {
    return this.ask(host, requestLine({ verb, id }), 'step');
  }

  private async ask(host: Host, line: string, about: 'set' | 'step'): Promise<Told> {
    const asked = await this.transport.gate(host, line);
    return asked.status === 'failed'
      ? { status: 'unknown', failure: words(asked.failure) }
      : readReport(asked.answer, about);
  }
}
