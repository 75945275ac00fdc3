/**
 * Changes, put together: life-cycle, the message of each, one-time codes, what is due. One of these runs in each process; several
 * processes may share one store.
 */

import type { ChangeDesk } from '../command/changes.js';
import type { SysctlsOfMany } from '../command/fleet.js';
import type { SysctlsRead } from '../command.js';
import type { Caller } from '../core/caller.js';
import type { Change } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import { peopleIn, personOf, type Subject, selects } from '../core/policy.js';
import type { Chat } from '../ports/chat.js';
import type { Transport } from '../ports/transport.js';
import { ChangeBoard } from './change-board.js';
import { approverNames, cardFor } from './change-card.js';
import { changeDeskAt } from './change-desk.js';
import { GateDoor } from './change-gate.js';
import { ChangeLifecycle } from './change-lifecycle.js';
import { mentionsOf } from './change-people.js';
import type { ChangePorts, Diagnose, Notice, SubjectNow } from './change-ports.js';
import { StepUp } from './change-step-up.js';
import { Waves } from './wave.js';
import { WaveBoard } from './wave-board.js';
import { waveNamed } from './wave-people.js';

export interface ChangesParts extends ChangePorts {
  chat: Chat;
  transport: Transport;
  diagnose: Diagnose;
  readSysctls: (host: Host) => Promise<SysctlsRead>;
  readMany: (hosts: readonly Host[]) => Promise<SysctlsOfMany>;
  maySee: (caller: Caller, host: Host, subject: Subject) => boolean;
  subjectNow: SubjectNow;
  /** seconds after a change came into force */
  verifyAfterSeconds: readonly number[];
  /** `team:user` of whoever is on call now */
  onCall?: () => string | undefined;
  /** a one-time-code secret by the name that policy gives it */
  secret: (name: string) => string | undefined;
  /** told whenever any change has moved, for whatever shows several of them */
  changeMoved?: () => void;
}

export class Changes {
  readonly lifecycle: ChangeLifecycle;
  readonly board: ChangeBoard;
  readonly waves: Waves;
  readonly waveBoard: WaveBoard;
  private readonly gate: GateDoor;
  private readonly stepUp: StepUp;

  constructor(private readonly parts: ChangesParts) {
    this.gate = new GateDoor(parts.transport);
    this.stepUp = new StepUp(parts);
    this.board = new ChangeBoard({
      ...parts,
      cardOf: (change, settings) => cardFor(parts, change, settings),
      peopleFor: (change, about) => mentionsOf(parts.policy(), this.named(change, about)),
    });
    this.lifecycle = new ChangeLifecycle({
      ...parts,
      gate: this.gate,
      moved: (change) => {
        // A wave's hosts are told of in its one message.
        if (change.wave === undefined) void this.board.refresh(change.id);
        else this.waves.changeMoved(change);
        parts.changeMoved?.();
      },
      tell: (change, about, due) =>
        change.wave === undefined ? this.board.tell(change, about, due) : this.waves.tellOfMember(change, about, due),
    });
    this.waves = new Waves({
      ...parts,
      lifecycle: this.lifecycle,
      moved: (wave) => void this.waveBoard.refresh(wave.id),
      isBehind: (wave, changes) => this.waveBoard.isBehind(wave, changes),
      tell: (wave, about, due, change) => this.waveBoard.tell(wave, about, due, change),
    });
    this.waveBoard = new WaveBoard({
      ...parts,
      records: this.waves.records,
      peopleFor: (wave, about, change) => {
        const names = waveNamed(parts, wave, about, change);
        return mentionsOf(parts.policy(), change === undefined ? this.withOnCall(names) : [...new Set(names)]);
      },
    });
  }

  /** What one person may do from where they are. */
  at(caller: Caller, subject: Subject): ChangeDesk {
    const { lifecycle, board, stepUp, gate, waves, waveBoard } = this;
    const { verifyAfterSeconds } = this.parts;
    return changeDeskAt({ ...this.parts, lifecycle, board, stepUp, gate }, caller, subject, {
      waves,
      board: waveBoard,
      verifyAfterSeconds,
    });
  }

  /** Waits for what is under way; what is left is in the store. */
  async stop(): Promise<void> {
    await Promise.all([this.board.stop(), this.waves.finish()]);
    await this.waveBoard.stop();
  }

  /** Who is to be told, by the names of the policy. */
  private named(change: Change, about: Notice): string[] {
    const policy = this.parts.policy();
    const approvers = approverNames(this.parts, change);
    switch (about) {
      case 'approval':
        return this.withOnCall(approvers);
      case 'escalation':
        return this.withOnCall([...new Set([...peopleIn(policy, policy.escalation), ...approvers])]);
      case 'skipped': {
        const skipped = change.approvals.flatMap(({ breakGlass }) => breakGlass?.skipped ?? []);
        const broke = new Set(change.approvals.map(({ by }) => by.person));
        return [...new Set([...skipped, ...peopleIn(policy, policy.escalation)])].filter((name) => !broke.has(name));
      }
      case 'window':
      case 'worse':
      case 'held':
        return [...new Set([change.requester.person, ...this.confirmers(change)])];
    }
  }

  /** Whoever is on call is told first, whether or not they may approve: they know who can be woken. */
  private withOnCall(names: readonly string[]): string[] {
    const account = this.parts.onCall?.();
    return account === undefined ? [...names] : [...new Set([personOf(this.parts.policy(), account), ...names])];
  }

  private confirmers(change: Change): string[] {
    const { policy, inventory } = this.parts;
    const host = inventory().hosts.get(change.plan.host.name);
    if (host === undefined) return [];
    const roles = policy()
      .grants.filter((grant) => selects(grant.hosts, host, inventory()))
      .flatMap((grant) => grant.roles.confirm ?? []);
    return peopleIn(policy(), roles);
  }
}
