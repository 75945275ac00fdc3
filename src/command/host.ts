/** What commands share: the one host that a typist or a button means, or the word to say where there is none. */
import { decodeRef, type Ref } from '../blocks/actions.js';
import { leftOutMessage } from '../blocks/fleet-left-out.js';
import { problemMessage, type Usage, unknownHostMessage, usageMessage } from '../blocks/notices.js';
import type { Desk, Measured } from '../command.js';
import type { Host } from '../core/inventory.js';
import type { Click } from '../ports/inbox.js';

const NAMED_MAX = 8;

/** @returns undefined where the typist has been told instead */
export const oneHost = async (desk: Desk, usage: Usage, typed: string): Promise<Host | undefined> => {
  const found = desk.find(typed);
  if (!found.ok) {
    await desk.whisper(
      'problem' in found
        ? usageMessage(usage, found.problem)
        : unknownHostMessage(found.term, found.nearest, usage.command),
    );
    return undefined;
  }
  const [host] = found.hosts;
  if (host === undefined) {
    await desk.whisper(usageMessage(usage, `“${typed.slice(0, 80)}” leaves no host over.`));
    return undefined;
  }
  if (found.hosts.length === 1) {
    // An answer about one host has no line for it, and whoever named two must not take one for both.
    if ((found.leftOut?.unknown.length ?? 0) > 0) await desk.whisper(leftOutMessage(host.name, found.leftOut));
    return host;
  }
  const names = found.hosts.slice(0, NAMED_MAX).map(({ name }) => name);
  const more = found.hosts.length - names.length;
  await desk.whisper(
    usageMessage(
      usage,
      `“${typed.slice(0, 80)}” names ${found.hosts.length} hosts; ask for one of them: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`,
    ),
  );
  return undefined;
};

/** The host that a button points at, as it is registered now. @returns undefined where the one who clicked has been told instead */
export const hostOfClick = async (desk: Desk, click: Click): Promise<{ host: Host; ref: Ref } | undefined> => {
  const ref = decodeRef(click.value);
  const host = ref?.host === undefined ? undefined : desk.inventory().hosts.find(({ name }) => name === ref.host);
  if (ref !== undefined && host !== undefined) return { host, ref };
  await desk.whisper(
    problemMessage({
      what:
        ref?.host === undefined
          ? 'This button points nowhere: it is from another version of the bot.'
          : 'This host is no longer registered, or you may no longer see it.',
      next: 'See what is registered with /hosts.',
    }),
  );
  return undefined;
};

/** The measurement that a button's message shows. @returns undefined where the one who clicked has been told instead */
export const measurementOfClick = async (
  desk: Desk,
  click: Click,
): Promise<{ measured: Measured; ref: Ref } | undefined> => {
  const ref = decodeRef(click.value);
  const measured = desk.measurement(ref?.measurement);
  if (ref !== undefined && measured !== undefined) return { measured, ref };
  await desk.whisper(
    problemMessage({
      what: 'This measurement is no longer kept: only the last ones are, and none over a restart.',
      next: `Measure again: ${ref?.host === undefined ? 'the Refresh button' : `/tcpstates ${ref.host}`}`,
    }),
  );
  return undefined;
};
