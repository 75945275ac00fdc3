/** The turns of a wave: looks at what its hosts have come to, begins the next batch, withdraws and takes back what is to be. */
import type { Change } from '../core/change.js';
import type { Subject } from '../core/policy.js';
import { isOver, type Wave, type WaveActor, type WaveApproval, type WaveMember } from '../core/wave.js';
import { advanceWave, toBegin, toRevert, toWithdraw } from '../core/wave-course.js';
import { permission } from './change-permission.js';
import type { Asker, Result } from './change-ports.js';
import { wasTaken } from './change-record.js';
import { OneLookEach } from './one-look-each.js';
import type { WavesParts } from './wave.js';
import type { WaveRecords } from './wave-records.js';

const askerOf = ({ channel, steppedUp }: WaveActor & { steppedUp?: true }, subject: Subject): Asker => ({
  subject,
  ...(channel === undefined ? {} : { channel }),
  ...(steppedUp === true ? { steppedUp } : {}),
});

const isUnknown = ({ memberUnknown, userGroupsUnknown = [] }: Subject): boolean =>
  memberUnknown === true || userGroupsUnknown.length > 0;

export class WaveTurns {
  private readonly looks: OneLookEach;
  /** changes that are being begun by this process: a slow host keeps nobody from looking at the wave */
  private readonly beginning = new Map<string, Promise<void>>();
  private stopping = false;

  constructor(
    private readonly parts: WavesParts,
    private readonly records: WaveRecords,
  ) {
    this.looks = new OneLookEach(async (id) => {
      if (this.stopping) return false;
      const moved = await this.look(id).catch((error: unknown) => {
        this.parts.log.error({ change: id, err: error }, 'a wave could not be looked at; it is tried again');
        return false;
      });
      return moved && !this.stopping;
    });
  }

  /** Looks at a wave, one look at a time; who comes meanwhile causes another. Never rejects. */
  poke(id: string): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return this.looks.at(id);
  }

  /** Waits for the hosts that are being begun now. */
  async begun(): Promise<void> {
    await Promise.all(this.beginning.values());
  }

  async finish(): Promise<void> {
    this.stopping = true;
    await this.looks.finish();
    await this.begun();
  }

  /** @returns whether the wave itself has moved: then there may be more to do */
  private async look(id: string): Promise<boolean> {
    const { clock, moved } = this.parts;
    const stored = await this.records.load(id);
    if (stored === undefined) return false;
    const { wave } = stored;
    const changes = await this.records.changesOf(wave);
    const events = advanceWave(wave, changes, clock.now());
    if (events.length > 0) {
      // Judged on this state alone: of several processes one moves it.
      await this.records.decide(id, 'bot', (now) =>
        now.version === wave.version
          ? { ok: true, events }
          : { ok: false, refusal: { code: 'wrong-state', detail: 'moved' } },
      );
      return true;
    }
    this.begin(wave, changes);
    await this.withdraw(wave, changes);
    await this.revert(wave, changes);
    moved(wave);
    return false;
  }

  /** The approvals of the wave are given to each change of a begun batch, and authorised anew for it, at its turn. */
  private begin(wave: Wave, changes: ReadonlyMap<string, Change>): void {
    for (const member of toBegin(wave, changes)) {
      const { change: id, host } = member;
      if (this.beginning.has(id)) continue;
      const begins = this.beginOne(wave, member, changes.get(id))
        .catch((error: unknown) =>
          this.parts.log.error({ host, change: id, err: error }, 'a host of a wave could not be begun'),
        )
        .then(() => {
          this.beginning.delete(id);
        });
      this.beginning.set(id, begins);
    }
  }

  private async beginOne(wave: Wave, { host, change: id, digest }: WaveMember, change?: Change): Promise<void> {
    const { clock, log } = this.parts;
    for (const given of wave.approvals) {
      if (change?.approvals.some(({ by }) => by.account === given.account) === true) continue;
      const subject = await this.parts.subjectNow(given.account);
      const result = await this.give(wave, given, subject, { id, digest });
      // Stopped meanwhile.
      if (result === undefined) return;
      if (result.ok && result.change.state !== 'proposed') return;
      if (result.ok || wasTaken(result.refusal.code)) continue;
      // Slack may say who they are, the database may be writable again at the next look; what policy says will not be another then.
      if (result.refusal.code === 'store' || isUnknown(subject)) return;
      const why = `an approval no longer holds: ${result.refusal.detail}`;
      log.warn({ host, change: id, detail: why }, 'a wave stops');
      await this.records.decide(wave.id, 'bot', (now) =>
        now.state === 'running'
          ? { ok: true, events: [{ type: 'wave-stopped', why, host, by: 'bot', atMs: clock.now() }] }
          : { ok: false, refusal: { code: 'wrong-state', detail: 'over' } },
      );
      void this.poke(wave.id);
      return;
    }
  }

  /** @returns undefined where the wave does not run any more */
  private async give(
    wave: Wave,
    given: WaveApproval,
    subject: Subject,
    { id, digest }: { id: string; digest: string },
  ): Promise<Result | undefined> {
    const now = (await this.records.load(wave.id))?.wave;
    if (now === undefined || isOver(now)) return undefined;
    return this.parts.lifecycle.approve(askerOf(given, subject), id, digest, undefined, wave.id);
  }

  /** What was not sent to its host yet never is: also what is being measured now, before it is told. */
  private async withdraw(wave: Wave, changes: ReadonlyMap<string, Change>): Promise<void> {
    for (const { change } of toWithdraw(wave, changes))
      await this.parts.lifecycle.withdraw(change, `its wave is ${wave.state}: ${wave.ending?.why ?? ''}`);
  }

  private async revert(wave: Wave, changes: ReadonlyMap<string, Change>): Promise<void> {
    const { reverting } = wave;
    if (reverting === undefined) return;
    // As it was looked up at the click: the way back is not lost because Slack does not answer.
    const { account, userGroups } = reverting;
    const asker = askerOf(reverting, { account, userGroups, member: true });
    const { hosts } = this.parts.inventory();
    await Promise.all(
      toRevert(wave, changes)
        // Not asked again and again where policy has been changed since: that host keeps its own timer.
        .filter(({ host }) => permission(this.parts, asker, 'revert', hosts.get(host)).allowed)
        .map(({ change }) =>
          this.parts.lifecycle.revert(asker, change, `asked by ${reverting.person}, for the whole wave`, wave.id),
        ),
    );
  }
}
