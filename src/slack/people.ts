/** Who somebody is to the workspace, and who reads along: asked of Slack, kept for minutes, denied where it can't be found out. */
import type { WebClient } from '@slack/web-api';
import { type Person, personKey, type Standing } from '../core/caller.js';
import { ChatError } from '../ports/chat.js';
import type { GroupsNow, People } from '../ports/people.js';
import type { Web } from './web.js';

const FRESH_MS = 5 * 60_000;
/** while Slack does not answer, what was known is still believed this long */
const STALE_MS = 60 * 60_000;
const KEPT_MAX = 10_000;
/** A click has 3 s for its modal: who is asked afresh must be known before. */
const NOW_MS = 2_000;

interface Home {
  teamId: string;
  enterpriseId?: string;
}

/** A memory of answers: fresh ones are given at once, one question at a time per key, old ones only where asking fails. */
class Known<T> {
  private readonly answers = new Map<string, { at: number; value: T }>();
  private readonly asking = new Map<string, Promise<T>>();

  constructor(
    private readonly now: () => number,
    private readonly ask: (key: string) => Promise<T>,
  ) {}

  get(key: string): Promise<T> {
    const known = this.answers.get(key);
    if (known !== undefined && this.now() - known.at < FRESH_MS) return Promise.resolve(known.value);
    const running = this.asking.get(key);
    if (running !== undefined) return running;
    const question = this.fresh(key)
      .catch((error: unknown) => {
        if (known !== undefined && this.now() - known.at < STALE_MS) return known.value;
        throw error;
      })
      .finally(() => this.asking.delete(key));
    this.asking.set(key, question);
    return question;
  }

  /** Asked anew, whatever is known, and not shared with a question that began before. */
  async fresh(key: string): Promise<T> {
    const value = await this.ask(key);
    this.answers.delete(key);
    this.answers.set(key, { at: this.now(), value });
    for (const old of this.answers.keys()) {
      if (this.answers.size <= KEPT_MAX) break;
      this.answers.delete(old);
    }
    return value;
  }
}

/** @returns undefined when it takes longer, or fails */
const soon = async <T>(work: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
};

const reasonOf = (error: unknown): string => (error instanceof ChatError ? error.code : 'unexpected');

const standingFrom = async (asked: Promise<Standing>): Promise<Standing> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ChatError && error.code === 'user_not_found') return { kind: 'external' };
    return { kind: 'unknown', reason: reasonOf(error) };
  }
};

export class SlackPeople implements People {
  private readonly standings: Known<Standing>;
  private readonly channels: Known<boolean>;
  /** members by `team:usergroup` */
  private readonly groups: Known<ReadonlySet<string>>;

  /** @param home whose members are served, as `auth.test` says */
  constructor(client: WebClient, web: Web, home: Home, now: () => number) {
    this.standings = new Known(now, async (key) => {
      const userId = key.slice(key.indexOf(':') + 1);
      const { user } = await web.call('users.info', userId, () => client.users.info({ user: userId }), {
        repeatable: true,
      });
      if (user === undefined) throw new ChatError('refused', 'no_user');
      if (user.deleted === true) return { kind: 'deleted' };
      if (user.is_bot === true || user.id === 'USLACKBOT') return { kind: 'bot' };
      const sameTeam = user.team_id === home.teamId;
      const sameOrganisation =
        home.enterpriseId !== undefined && user.enterprise_user?.enterprise_id === home.enterpriseId;
      if (user.is_stranger === true || !(sameTeam || sameOrganisation)) return { kind: 'external' };
      if (user.is_restricted === true || user.is_ultra_restricted === true) return { kind: 'guest' };
      return { kind: 'member' };
    });
    this.channels = new Known(now, async (channel) => {
      const info = await web.call('conversations.info', channel, () => client.conversations.info({ channel }), {
        repeatable: true,
      });
      return info.channel?.is_ext_shared === true || info.channel?.is_pending_ext_shared === true;
    });
    this.groups = new Known(now, async (group) => {
      const usergroup = group.slice(group.indexOf(':') + 1);
      const answer = await web.call(
        'usergroups.users.list',
        usergroup,
        () => client.usergroups.users.list({ usergroup }),
        { repeatable: true },
      );
      return new Set(answer.users ?? []);
    });
  }

  standing(person: Person): Promise<Standing> {
    return standingFrom(this.standings.get(personKey(person)));
  }

  async standingNow(person: Person): Promise<Standing> {
    const asked = standingFrom(this.standings.fresh(personKey(person)));
    return (await soon(asked, NOW_MS)) ?? { kind: 'unknown', reason: 'late' };
  }

  async groupsOf({ userId }: Person, groups: readonly string[]): Promise<readonly string[]> {
    const members = await Promise.all(groups.map((group) => this.groups.get(group).catch(() => undefined)));
    return groups.filter((_, at) => members[at]?.has(userId) === true);
  }

  async groupsNow({ userId }: Person, groups: readonly string[]): Promise<GroupsNow> {
    const members = await Promise.all(groups.map((group) => soon(this.groups.fresh(group), NOW_MS)));
    return {
      in: groups.filter((_, at) => members[at]?.has(userId) === true),
      unknown: groups.filter((_, at) => members[at] === undefined),
    };
  }

  async sharedOutside(channel: string): Promise<{ shared: boolean } | { unknown: string }> {
    // A direct message with the bot: nobody else is in it.
    if (channel.startsWith('D')) return { shared: false };
    try {
      return { shared: await this.channels.get(channel) };
    } catch (error) {
      return { unknown: reasonOf(error) };
    }
  }
}
