/** Where one person stands with changes: who they are, where they ask from, and policy's answers for them there and now. */
import type { RefusedClick } from '../blocks/change-notices.js';
import { type Mention, titleOf } from '../blocks/change-words.js';
import type { SysctlsOfMany } from '../command/fleet.js';
import type { SysctlsRead } from '../command.js';
import { type Caller, personKey } from '../core/caller.js';
import type { Change, ChangeEvent } from '../core/change.js';
import type { Host } from '../core/inventory.js';
import type { PlanContext } from '../core/plan.js';
import { type Action, evaluate, evaluateKeys, type KeysVerdict, type Subject, type Verdict } from '../core/policy.js';
import { nearestNames } from '../core/selector.js';
import type { ChangeBoard } from './change-board.js';
import { approverMentions } from './change-card.js';
import type { GateDoor } from './change-gate.js';
import type { ChangeLifecycle } from './change-lifecycle.js';
import { actorOf, hostOf } from './change-permission.js';
import type { Asker, ChangePorts } from './change-ports.js';
import type { StepUp } from './change-step-up.js';

export interface ChangeDeskParts extends ChangePorts {
  lifecycle: ChangeLifecycle;
  board: ChangeBoard;
  stepUp: StepUp;
  gate: GateDoor;
  /** fresh */
  readMany: (hosts: readonly Host[]) => Promise<SysctlsOfMany>;
  /** fresh */
  readSysctls: (host: Host) => Promise<SysctlsRead>;
  maySee: (caller: Caller, host: Host, subject: Subject) => boolean;
}

export type Loaded = { change: Change; events: readonly ChangeEvent[] };

export class Standpoint {
  constructor(
    readonly parts: ChangeDeskParts,
    readonly caller: Caller,
    readonly subject: Subject,
  ) {}

  /** The name that policy knows this person by. */
  get person(): string {
    return actorOf(this.parts, this).person;
  }

  get isDirect(): boolean {
    return /^[DUW]/.test(this.caller.channel);
  }

  /** @param at the channel of the click that opened the modal: a modal itself stands in none */
  asker(at: string = this.caller.channel): Asker {
    return { subject: this.subject, channel: at };
  }

  may(action: Action, host: Host, at: string = this.caller.channel): Verdict {
    const { policy, inventory, clock } = this.parts;
    return evaluate(policy(), inventory(), {
      subject: this.subject,
      action,
      host,
      channel: at,
      nowMs: clock.now(),
    });
  }

  /** Of a host that is gone nothing is hidden that its change's message has not told already. */
  maySee(change: Change): boolean {
    const host = this.hostOf(change);
    return host === undefined || this.parts.maySee(this.caller, host, this.subject);
  }

  /** Hosts with names like this one, of which this person sees none; undefined where they do see it. */
  nearestTo(name: string): readonly string[] | undefined {
    const seen = [...this.parts.inventory().hosts.values()].filter((host) =>
      this.parts.maySee(this.caller, host, this.subject),
    );
    return seen.some((host) => host.name === name)
      ? undefined
      : nearestNames(
          name,
          seen.map((host) => host.name),
        );
  }

  keysOf(change: Change): KeysVerdict {
    return evaluateKeys(this.parts.policy(), this.parts.catalogue, change.plan.entries);
  }

  approvers(change: Change): Mention[] {
    return approverMentions(this.parts, change);
  }

  hostOf(change: Change): Host | undefined {
    return hostOf(this.parts, change);
  }

  load(id: string): Promise<Loaded | undefined> {
    return this.parts.store.changes.load(id);
  }

  async openOn(host: Host): Promise<Change | undefined> {
    return (await this.parts.store.changes.find({ open: true, host: host.name, limit: 1 }))[0];
  }

  context(host: Host): PlanContext {
    return { ...this.wideContext, host };
  }

  /** whichever host it is about */
  get wideContext(): Omit<PlanContext, 'host'> {
    const { policy, inventory, catalogue, clock } = this.parts;
    return {
      policy: policy(),
      inventory: inventory(),
      catalogue,
      subject: this.subject,
      channel: this.caller.channel,
      nowMs: clock.now(),
    };
  }

  /** @throws StoreFailure: what can't be noted is not done */
  async note(kind: string, host: string, data: Record<string, unknown>, change?: string): Promise<void> {
    const actor = `${this.person} (${personKey(this.caller)})`;
    const { channel } = this.caller;
    const entry = { atMs: this.parts.clock.now(), actor, kind, host, channel, data };
    await this.parts.store.audit.append([change === undefined ? entry : { ...entry, change }]);
  }

  noteRefusal(change: Change, { code, detail }: RefusedClick): Promise<void> {
    return this.note('change.refused', change.plan.host.name, { code, detail }, change.id);
  }
}

export const busyWith = (busy: Change): string =>
  `It has an open change, ${titleOf(busy)} (/changes ${busy.id}). One at a time.`;
