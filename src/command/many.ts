/** What commands share where many hosts are named: choose them, ask before very many, keep the message current, and its buttons. */
import { ACTIONS, decodeRef, type Ref } from '../blocks/actions.js';
import { fleetMessage } from '../blocks/fleet.js';
import { fleetCsv } from '../blocks/fleet-csv.js';
import { fleetConfirmMessage, fleetProgressMessage } from '../blocks/fleet-progress.js';
import { problemMessage, type Usage, unknownHostMessage, usageMessage } from '../blocks/notices.js';
import type { AnswerOptions, ClickHandler, Desk } from '../command.js';
import { viewFleet } from '../core/fleet.js';
import type { Host } from '../core/inventory.js';
import type { FleetDesk, Selection } from './fleet.js';

export type Chosen = Extract<Selection, { ok: true }> & { fleet: FleetDesk; selector: string };

export interface Choice {
  command: 'tcpstates' | 'sysctl';
  usage: Usage;
  selector: string;
  /** so many were confirmed by a click or by --all; none by default */
  confirmed?: number;
  private?: boolean;
  words?: string;
}

/** @returns undefined where the typist has been told instead: nothing by that name, too many, or one click needed first */
export const chooseHosts = async (desk: Desk, choice: Choice): Promise<Chosen | undefined> => {
  const { fleet } = desk;
  const { selector, usage } = choice;
  if (fleet === undefined) return undefined;
  const selection = fleet.select(selector);
  if (!selection.ok) {
    await desk.whisper(
      'problem' in selection
        ? usageMessage(usage, selection.problem)
        : unknownHostMessage(selection.term, selection.nearest, usage.command),
    );
    return undefined;
  }
  const { hosts, leftOut } = selection;
  if (hosts.length === 0) {
    await desk.whisper(usageMessage(usage, `“${selector.slice(0, 80)}” leaves no host over.`));
    return undefined;
  }
  const allowed = Math.min(fleet.most, Math.max(fleet.limit, choice.confirmed ?? 0));
  if (hosts.length > allowed) {
    await desk.whisper(
      fleetConfirmMessage({
        command: choice.command,
        selector,
        hosts: hosts.length,
        limit: fleet.limit,
        most: fleet.most,
        action: choice.command === 'tcpstates' ? ACTIONS.fleet : ACTIONS.drift,
        leftOut,
        ...(choice.words === undefined ? {} : { words: choice.words }),
        ...(choice.private === true ? { private: true } : {}),
      }),
    );
    return undefined;
  }
  return { ...selection, fleet, selector };
};

const noProgress = (hosts: readonly Host[]) => ({
  asked: hosts.length,
  answered: 0,
  failed: {},
  waiting: [],
  elapsedMs: 0,
});

/** One message: at once with progress, then the table. */
export const measureMany = async (desk: Desk, chosen: Chosen, options: AnswerOptions): Promise<void> => {
  const { fleet, hosts, leftOut, selector } = chosen;
  const id = fleet.newId();
  const asker = options.private === true ? {} : { asker: desk.caller.userId };
  const shared = { selector, fleet: id, doing: 'measuring' as const, ...asker };
  await desk.answer(
    fleetProgressMessage({ ...shared, progress: noProgress(hosts) }),
    async (show) => {
      const kept = await fleet.measure(id, hosts, (progress) => show(fleetProgressMessage({ ...shared, progress })));
      return fleetMessage({
        selector,
        view: viewFleet(kept.members),
        rules: desk.rules,
        startedAt: kept.startedAt,
        tookMs: kept.tookMs,
        fleet: id,
        leftOut,
        replayed: kept.replayed,
        proposes: desk.changes !== undefined,
        overTime: kept.overTime,
        private: options.private === true,
        ...asker,
        ...(kept.stoppedBy === undefined ? {} : { stoppedBy: kept.stoppedBy }),
      });
    },
    options,
  );
};

export interface ManyOfClick {
  ref: Ref & { selector: string };
  /** where the answer goes: over the message that was clicked, or a new one where a question before the answer was clicked */
  options: AnswerOptions;
}

/** @returns undefined where the one who clicked has been told instead */
export const manyOfClick = async (
  desk: Desk,
  click: Parameters<ClickHandler>[1],
  command: 'tcpstates' | 'sysctl',
  at: 'here' | 'thread',
): Promise<ManyOfClick | undefined> => {
  const ref = decodeRef(click.value);
  const kept = ref?.selector === undefined && ref?.fleet !== undefined ? desk.fleet?.kept(ref.fleet) : undefined;
  const selector = ref?.selector ?? kept?.members.map(({ host }) => host).join(',');
  if (ref === undefined || selector === undefined || selector === '') {
    await desk.whisper(
      ref?.fleet === undefined
        ? problemMessage({ what: 'This button points nowhere: it is from another version of the bot.' })
        : problemMessage({
            what: 'This answer is no longer kept, and its hosts are too many for a button.',
            next: 'Type the command again.',
          }),
    );
    return undefined;
  }
  const isPrivate = ref.private === true;
  const isQuestion = click.at.kind === 'message' && click.at.whispered && !isPrivate;
  const text = [selector, ref.words ?? '', (ref.hosts ?? 0) > 0 ? '--all' : '', isPrivate ? '--private' : '']
    .filter((part) => part !== '')
    .join(' ');
  return {
    ref: { ...ref, selector },
    options: { private: isPrivate, at: isQuestion ? 'new' : at, again: { command, text } },
  };
};

export const goneFleetMessage = () =>
  problemMessage({
    what: 'This answer is no longer kept: only the last ones are, and none over a restart.',
    next: 'Measure again with Refresh.',
  });

/** The buttons of an answer about many hosts. `details` shows one of them. */
export const fleetActions = (
  usage: Usage,
  details: (desk: Desk, click: Parameters<ClickHandler>[1]) => Promise<void>,
): Readonly<Record<string, ClickHandler>> => ({
  [ACTIONS.fleet]: async (desk, click) => {
    // An alert keeps its words: what is measured from it stands in its thread.
    const ofAlert = decodeRef(click.value)?.alert !== undefined;
    const on = await manyOfClick(desk, click, 'tcpstates', ofAlert ? 'thread' : 'here');
    if (on === undefined) return;
    const { ref, options } = on;
    const chosen = await chooseHosts(desk, {
      command: 'tcpstates',
      usage,
      selector: ref.selector,
      confirmed: ref.hosts ?? 0,
      private: ref.private === true,
    });
    if (chosen !== undefined) await measureMany(desk, chosen, options);
  },
  [ACTIONS.fleetStop]: async (desk, click) => {
    const id = decodeRef(click.value)?.fleet;
    if (id !== undefined && desk.fleet?.stop(id) === true) return;
    await desk.whisper(problemMessage({ what: 'Nothing of that is under way any more.' }));
  },
  [ACTIONS.fleetCsv]: async (desk, click) => {
    const ref = decodeRef(click.value);
    const kept = ref?.fleet === undefined ? undefined : desk.fleet?.kept(ref.fleet);
    if (kept === undefined) return desk.whisper(goneFleetMessage());
    if (click.at.kind === 'message' && click.at.whispered)
      return desk.whisper(
        problemMessage({
          what: 'A file can’t be shown to you alone.',
          next: 'Ask without --private, or in a direct message with the bot.',
        }),
      );
    const { startedAt, members } = kept;
    await desk.upload(fleetCsv({ selector: ref?.selector ?? 'hosts', startedAt, members }), 'thread');
  },
  [ACTIONS.fleetHost]: details,
});
