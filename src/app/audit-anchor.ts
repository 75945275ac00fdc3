/**
 * Anchors: count and head of the audit log, told to places outside of it. A chain alone can't show that its end was cut off,
 * or that all of it was written anew; against an anchor both show.
 */
import type { Anchor } from '../core/audit.js';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Store } from '../ports/store.js';

/** How the anchor is told: a channel's message, the system's log. Must not throw for what lies outside. */
export interface AnchorPlace {
  name: string;
  tell(line: string): Promise<void>;
}

/** `tcpstates audit anchor 1234 3f2a…`: one line, the same everywhere, found again by `audit verify --anchor`. */
export const anchorLine = ({ seq, hash }: Anchor): string => `tcpstates audit anchor ${seq} ${hash}`;

/** Anchors in any text that they were told to; what is no anchor is passed over. */
export const readAnchors = (text: string): Anchor[] =>
  [...text.matchAll(/tcpstates audit anchor (\d{1,15}) ([0-9a-f]{64})\b/g)].map((match) => ({
    seq: Number(match[1]),
    hash: match[2] ?? '',
  }));

export interface AnchoringParts {
  store: Store;
  places: readonly AnchorPlace[];
  clock: Clock;
  log: Log;
}

/** Tells the head to every place that has not heard of it yet. @returns the head, where it was told anywhere */
export const anchorNow = async ({ store, places, clock, log }: AnchoringParts): Promise<Anchor | undefined> => {
  const head = await store.audit.head();
  if (head.seq === 0) return undefined;
  const known = new Set((await store.audit.anchors()).filter(({ seq }) => seq === head.seq).map(({ place }) => place));
  let told = false;
  for (const { name, tell } of places) {
    if (known.has(name)) continue;
    try {
      await tell(anchorLine(head));
      await store.audit.noteAnchor({ ...head, place: name, atMs: clock.now() });
      told = true;
    } catch (error) {
      log.warn({ action: name, err: error }, 'the audit log could not be anchored there');
    }
  }
  return told ? head : undefined;
};
