/**
 * What one person may do with changes from where they are: drafts, clicks and questions. Each loads, authorises and decides anew,
 * and gives back what to show. Where the store can't be written nothing is done, and that is said.
 */
import type { ChangeDesk } from '../command/changes.js';
import type { Caller } from '../core/caller.js';
import type { Subject } from '../core/policy.js';
import { answersAt } from './change-answers.js';
import { clicksAt } from './change-clicks.js';
import { draftsAt } from './change-drafts.js';
import { proposingAt } from './change-proposing.js';
import { type ChangeDeskParts, Standpoint } from './change-standpoint.js';
import { type WavesHere, waveDeskAt } from './wave-desk.js';

export const changeDeskAt = (
  parts: ChangeDeskParts,
  caller: Caller,
  subject: Subject,
  waves: WavesHere,
): ChangeDesk => {
  const here = new Standpoint(parts, caller, subject);
  return {
    ...draftsAt(here),
    ...proposingAt(here),
    ...clicksAt(here),
    ...answersAt(here),
    waves: waveDeskAt(here, waves),
  };
};
