/** Who somebody is to the workspace. Implemented by `src/slack`, cached there. */
import type { Person, Standing } from '../core/caller.js';

export interface People {
  /** Which of these groups (`team:usergroup`) somebody is in now; asked anew each time. What can't be found out is not among them. */
  groupsOf(person: Person, groups: readonly string[]): Promise<readonly string[]>;
  /** Never throws: what can't be found out is `unknown` with its reason. */
  standing(person: Person): Promise<Standing>;
  /** Whether people of other organisations read along in this channel (Slack Connect). */
  sharedOutside(channel: string): Promise<{ shared: boolean } | { unknown: string }>;
}
