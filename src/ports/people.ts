/** Who somebody is to the workspace. Implemented by `src/slack`, cached there. */
import type { Person, Standing } from '../core/caller.js';

export interface GroupsNow {
  in: readonly string[];
  unknown: readonly string[];
}

export interface People {
  /**
   * Which of these groups (`team:usergroup`) somebody is in, as far as is known: for showing things, minutes old at most while the
   * workspace answers. What can't be found out is not among them.
   */
  groupsOf(person: Person, groups: readonly string[]): Promise<readonly string[]>;
  /** The same, asked anew, for an act: within a few seconds, and `unknown` is what was not answered by then. */
  groupsNow(person: Person, groups: readonly string[]): Promise<GroupsNow>;
  /** Minutes old at most while the workspace answers. Never throws: what can't be found out is `unknown` with its reason. */
  standing(person: Person): Promise<Standing>;
  /** The same, asked anew, for an act: within a few seconds, whatever was known before. */
  standingNow(person: Person): Promise<Standing>;
  /** Whether people of other organisations read along in this channel (Slack Connect). */
  sharedOutside(channel: string): Promise<{ shared: boolean } | { unknown: string }>;
}
