/** The turns of a wave: looks at what its hosts have come to, begins the next batch, withdraws and takes back what is to be. */
import type { Change } from '../core/change.js';
import type { Wave, WaveActor, WaveMember } from '../core/wave.js';
import { advanceWave, toBegin, toRevert, toWithdraw } from '../core/wave-course.js';
import { permission } from './change-permission.js';
import type { Asker, Result } from './change-ports.js';
import { OneLookEach } from './one-look-each.js';
import type { WavesParts } from './wave.js';
import type { WaveRecords } from './wave-records.js';

/** of another process that was quicker with the very same */
const OVERTAKEN: ReadonlySet<string> = new Set(['wrong-state', 'already-approved', 'under-way']);

const askerOf = ({ account, userGroups, channel, steppedUp }: WaveActor & { steppedUp?: true }): Asker => ({
  subject: { account, userGroups, member: true },
  ...(channel === undefined ? {} : { channel }),
  ...(steppedUp === true ? { steppedUp } : {}),
});

export class WaveTurns {
  private readonly looks: OneLookEach;
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

  async finish(): Promise<void> {
    this.stopping = true;
    await this.looks.finish();
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
    const began = await this.begin(wave, changes);
    await this.withdraw(wave, changes);
    await this.revert(wave, changes);
    moved(wave);
    return began;
  }

  /** The approvals of the wave are given to each change of a begun batch, and authorised anew for it, at its turn. */
  private async begin(wave: Wave, changes: ReadonlyMap<string, Change>): Promise<boolean> {
    const members = toBegin(wave, changes);
    await Promise.all(members.map((member) => this.beginOne(wave, member, changes.get(member.change))));
    return members.length > 0;
  }

  private async beginOne(wave: Wave, { host, change: id, digest }: WaveMember, change?: Change): Promise<void> {
    const { lifecycle, clock, log } = this.parts;
    for (const given of wave.approvals) {
      if (change?.approvals.some(({ by }) => by.account === given.account) === true) continue;
      const result: Result = await lifecycle.approve(askerOf(given), id, digest, undefined, wave.id);
      if (result.ok && result.change.state !== 'proposed') return;
      if (result.ok || OVERTAKEN.has(result.refusal.code)) continue;
      // The database may be writable again at the next look; what policy says now will not be another then.
      if (result.refusal.code === 'store') return;
      const why = `an approval no longer holds: ${result.refusal.detail}`;
      log.warn({ host, change: id, detail: why }, 'a wave stops');
      await this.records.decide(wave.id, 'bot', (now) =>
        now.state === 'running'
          ? { ok: true, events: [{ type: 'wave-stopped', why, host, by: 'bot', atMs: clock.now() }] }
          : { ok: false, refusal: { code: 'wrong-state', detail: 'over' } },
      );
      return;
    }
  }

  private async withdraw(wave: Wave, changes: ReadonlyMap<string, Change>): Promise<void> {
    for (const { change } of toWithdraw(wave, changes))
      await this.parts.lifecycle.withdraw(change, `its wave is ${wave.state}: ${wave.ending?.why ?? ''}`);
  }

  private async revert(wave: Wave, changes: ReadonlyMap<string, Change>): Promise<void> {
    const { reverting } = wave;
    if (reverting === undefined) return;
    const asker = askerOf(reverting);
    const { hosts } = this.parts.inventory();
    await Promise.all(
      toRevert(wave, changes)
        // Not asked again and again where policy has been changed since: that host keeps its own timer.
        .filter(({ host }) => permission(this.parts, asker, 'revert', hosts.get(host)).allowed)
        .map(({ change }) =>
          this.parts.lifecycle.revert(asker, change, `asked by ${reverting.person}, for the whole wave`),
        ),
    );
  }
}
