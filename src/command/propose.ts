/** How a change begins: from a finding's button, or from `/sysctl <host> set key=value`. */
import { decodeRef } from '../blocks/actions.js';
import { readingModal, refusedModal } from '../blocks/change-modals.js';
import type { Modal } from '../blocks/message.js';
import { problemMessage, type Usage, usageMessage } from '../blocks/notices.js';
import type { Desk, Parsed } from '../command.js';
import { readCommandLine } from '../core/command-line.js';
import type { Finding } from '../core/finding.js';
import type { Host } from '../core/inventory.js';
import { readWishes, type Wish, wishesOf } from '../core/plan.js';
import { hostIdentity } from '../core/plan-digest.js';
import { readSpan } from '../core/span.js';
import type { HostWish } from '../core/wave-plan.js';
import type { Click } from '../ports/inbox.js';
import { hostOfClick } from './host.js';
import { type Chosen, goneFleetMessage } from './many.js';
import { openWaveModal } from './waves.js';

/** What was typed behind `<host> set`. */
export interface SetArgs {
  /** `key=value`, blanks within a value joined by `_` */
  words: readonly string[];
  windowSeconds?: number;
  persistent: boolean;
}

export const isSet = (text: string): boolean => /^\s*\S+\s+set(\s|$)/.test(text);

/** `web-1 set net.ipv4.ip_local_port_range="10240 65535" --for 10m --persist` */
export const parseSet = (text: string): Parsed<{ selector: string; set: SetArgs }> => {
  const joined = text.replace(
    /=\s?(?:"([^"]*)"|'([^']*)')/g,
    (_all, double?: string, single?: string) => `=${(double ?? single ?? '').trim().replace(/\s+/g, '_') || 'none'}`,
  );
  const line = readCommandLine(joined, { flags: ['persist', 'private'], valued: ['for'] });
  if (!line.ok) return line;
  const [selector = '', , ...words] = line.words;
  const span = line.values.get('for');
  const windowSeconds = span === undefined ? undefined : readSpan(span);
  if (span !== undefined && windowSeconds === undefined)
    return { ok: false, wrong: `“${span.slice(0, 40)}” is no time: write --for 5m.` };
  if (words.length === 0) return { ok: false, wrong: 'Say what is to be set: key=value.' };
  const set = {
    words,
    persistent: line.flags.has('persist'),
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  };
  return { ok: true, args: { selector, set } };
};

const nowhere = () =>
  problemMessage({
    what: 'This bot was started without a place to keep changes.',
    safe: 'Nothing was changed.',
    next: 'Ask whoever runs it.',
  });

const noModal = () =>
  problemMessage({
    what: 'A change needs a form, which Slack opens only for a slash command or a button just clicked.',
    safe: 'Nothing was changed.',
    next: 'Type it as a slash command: /sysctl <host> set key=value',
  });

export const proposeTyped = async (desk: Desk, usage: Usage, host: Host, set: SetArgs): Promise<void> => {
  const { changes } = desk;
  if (changes === undefined) return desk.whisper(nowhere());
  const read = readWishes(set.words, desk.sysctlCatalogue);
  if (!read.ok) return desk.whisper(usageMessage(usage, read.wrong));
  if (!desk.canOpenModal) return desk.whisper(noModal());
  const { windowSeconds, persistent } = set;
  await desk.openModal(readingModal(host), () =>
    changes.draft(host, {
      wishes: read.wishes,
      partly: false,
      persistent,
      ...(windowSeconds === undefined ? {} : { windowSeconds }),
    }),
  );
};

/** Many hosts: one list, one approval, a canary first. */
export const proposeTypedForMany = async (desk: Desk, usage: Usage, chosen: Chosen, set: SetArgs): Promise<void> => {
  const { changes } = desk;
  if (changes === undefined) return desk.whisper(nowhere());
  const read = readWishes(set.words, desk.sysctlCatalogue);
  if (!read.ok) return desk.whisper(usageMessage(usage, read.wrong));
  if (!desk.canOpenModal) return desk.whisper(noModal());
  const { windowSeconds, persistent } = set;
  const { selector, hosts, leftOut } = chosen;
  await openWaveModal(desk, {
    selector,
    wishes: hosts.map((host) => ({ host, wishes: read.wishes })),
    leftOut,
    partly: false,
    persistent,
    ...(windowSeconds === undefined ? {} : { windowSeconds }),
  });
};

/** A finding's own button: the finding is looked up again, and measured anew where a restart has forgotten it. */
export const proposeFinding = async (desk: Desk, click: Click): Promise<void> => {
  const on = await hostOfClick(desk, click);
  if (on === undefined) return;
  const { changes } = desk;
  const { host, ref } = on;
  if (changes === undefined) return desk.whisper(nowhere());
  await desk.openModal(readingModal(host), async (): Promise<Modal> => {
    const kept = desk.measurement(ref.measurement);
    const measured = kept ?? (await desk.investigate(host));
    const what = `A change on ${host.name}`;
    if (measured.status === 'failed') return refusedModal({ what, why: measured.failure.message });
    const finding = measured.diagnosis.findings.find(
      ({ id, subject, status }) =>
        id === ref.finding &&
        status === 'present' &&
        (ref.subject === undefined || (subject ?? '').startsWith(ref.subject.replace(/…$/, ''))),
    );
    if (finding === undefined || finding.remedies.length === 0)
      return refusedModal({
        what,
        why: 'The finding is not there any more: measure again, there may be nothing left to cure.',
      });
    return changes.draft(host, {
      wishes: wishesOf(finding),
      partly: true,
      finding: { id: finding.id, ...(finding.subject === undefined ? {} : { subject: finding.subject }) },
    });
  });
};

const isSameMachine = (a: Host, b: Host): boolean =>
  JSON.stringify(hostIdentity(a)) === JSON.stringify(hostIdentity(b));

/** Of several findings of one rule on a host the first has the say: they come in the order of their severity. */
const wishesOn = (findings: readonly Finding[]): readonly Wish[] => [
  ...new Map(
    findings
      .flatMap((finding) => wishesOf(finding))
      .reverse()
      .map((wish) => [wish.key, wish]),
  ).values(),
];

/** The button beside a cause that several hosts share: each gets the value that was computed for it, all in one wave. */
export const proposeFindingOnMany = async (desk: Desk, click: Click): Promise<void> => {
  const { changes, fleet } = desk;
  if (changes === undefined) return desk.whisper(nowhere());
  const { fleet: id, finding, selector = '' } = decodeRef(click.value) ?? {};
  const kept = id === undefined ? undefined : fleet?.kept(id);
  if (finding === undefined || kept === undefined) return desk.whisper(goneFleetMessage());
  const wishes: HostWish[] = [];
  for (const member of kept.members) {
    if (member.status !== 'measured' || !member.causes.includes(finding)) continue;
    const measured = desk.measurement(member.measurement);
    const found = measured?.diagnosis.findings.filter((it) => it.id === finding && it.status === 'present') ?? [];
    const [first] = found;
    const host = desk.inventory().hosts.find(({ name }) => name === member.host);
    // All of them or none: the list is to be the one that the answer named, of the very machines that were measured.
    const same = measured !== undefined && host !== undefined && isSameMachine(measured.host, host);
    if (!same || first === undefined) return desk.whisper(goneFleetMessage());
    wishes.push({
      host,
      wishes: wishesOn(found),
      finding: { id: finding, ...(first.subject === undefined ? {} : { subject: first.subject }) },
    });
  }
  await openWaveModal(desk, {
    selector,
    wishes: wishes.sort((a, b) => (a.host.name < b.host.name ? -1 : 1)),
    leftOut: { excluded: 0, hidden: kept.hidden, unknown: [] },
    partly: true,
  });
};
