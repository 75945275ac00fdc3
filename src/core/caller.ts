/** Who is at the desk. People are known by ids alone: a display name is a person's own choice and proves nothing. */

export interface Person {
  /** home workspace, `T…`; or the organisation, `E…`, where the app is installed org-wide */
  teamId: string;
  /** `U…` or `W…` */
  userId: string;
}

/** A person in a place: who asked, and where the answer goes. */
export interface Caller extends Person {
  channel: string;
  /** the thread that was asked in, where there is one */
  threadTs?: string;
}

/** One key for one person, for maps and limits. */
export const personKey = ({ teamId, userId }: Person): string => `${teamId}:${userId}`;

/** What Slack says that somebody is. Only a `member` is served unless configuration says otherwise. */
export type Standing =
  | { kind: 'member' }
  | { kind: 'guest' | 'external' | 'deleted' | 'bot' }
  /** it could not be found out; counts as a refusal */
  | { kind: 'unknown'; reason: string };
