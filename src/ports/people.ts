/** Who somebody is to the workspace. Implemented by `src/slack`, cached there. */
import type { Person, Standing } from '../core/caller.js';

export interface People {
  /** Never throws: what can't be found out is `unknown` with its reason. */
  standing(person: Person): Promise<Standing>;
  /** Whether people of other organisations read along in this channel (Slack Connect). */
  sharedOutside(channel: string): Promise<{ shared: boolean } | { unknown: string }>;
}
