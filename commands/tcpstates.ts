/** `/tcpstates <host>`: measures a host and says what is wrong with its TCP, on which evidence, and what would help. */
import { ACTIONS } from '../src/blocks/actions.js';
import { PICKER } from '../src/blocks/alert.js';
import { legendModal } from '../src/blocks/legend.js';
import type { Usage } from '../src/blocks/notices.js';
import { rawFile, rawModal } from '../src/blocks/raw.js';
import { unknownRuleMessage, whyModal } from '../src/blocks/why.js';
import { diagnoseMessage, hostPicked, pickHost } from '../src/command/alert.js';
import { courseOf, courseOfMany } from '../src/command/course.js';
import { hostOfClick, measurementOfClick, oneHost } from '../src/command/host.js';
import { chooseHosts, fleetActions, measureMany } from '../src/command/many.js';
import { measure, measuredMessage, whyAnswer, whyOf } from '../src/command/measure.js';
import { proposeFinding, proposeFindingOnMany } from '../src/command/propose.js';
import { tooMany, whyOfMany } from '../src/command/several.js';
import { cancelClicked, stopWatchClicked, watch, watchClicked } from '../src/command/watch.js';
import type { Command, Desk, Parsed } from '../src/command.js';
import { readCommandLine } from '../src/core/command-line.js';
import type { Host } from '../src/core/inventory.js';
import type { Rule } from '../src/core/rule.js';
import { nearestNames } from '../src/core/selector.js';
import { parseSince } from '../src/core/trend.js';
import { watchDuration } from '../src/core/watch.js';

export interface TcpstatesArgs {
  selector: string;
  private: boolean;
  /** more hosts than are asked without a click were meant */
  all?: boolean;
  /** rule id as typed */
  why?: string;
  /** the course of the last so many milliseconds, and as it was typed */
  since?: { ms: number; text: string };
  /** one message, kept current for this long */
  watchMs?: number;
}

const usage: Usage = {
  command: '/tcpstates',
  forms: [
    { form: '<host>', does: 'measures the host and says what is wrong, why, and what would help' },
    { form: '<host> --private', does: 'the same, to you alone' },
    { form: '<host> --why <rule>', does: 'how one rule was judged on this host, with its numbers; up to 20 hosts' },
    {
      form: '<hosts>',
      does: 'many in one answer, the worst first: @web, web-*, env=prod,role=api, web-1,web-2, @web,!web-3',
    },
    { form: '<hosts> --all', does: 'without asking before more than 50 are measured' },
    { form: '<host> --watch 10m', does: 'one message that is kept current, for 1 minute to 2 hours' },
    {
      form: '<host> --since 1h',
      does: 'the course of its numbers, beside the same time yesterday (30m, 2h, 1d); up to 6 hosts',
    },
    { form: 'help', does: 'this' },
  ],
  examples: ['/tcpstates web-1', '/tcpstates @web', '/tcpstates web-1 --why conntrack-full'],
};

const parse = (text: string): Parsed<TcpstatesArgs> => {
  const line = readCommandLine(text, { flags: ['private', 'all'], valued: ['why', 'watch', 'since'] });
  if (!line.ok) return line;
  if (line.help) return { ok: false };
  const selector = line.words.join(' ');
  if (selector === '')
    return text.trim() === '' ? { ok: false } : { ok: false, wrong: 'Name the host that is to be measured.' };
  const why = line.values.get('why');
  const sinceText = line.values.get('since');
  const sinceMs = sinceText === undefined ? undefined : parseSince(sinceText);
  if (sinceText !== undefined && sinceMs === undefined)
    return {
      ok: false,
      wrong: `--since needs a time from 1m to 90d, e.g. --since 1h; not “${sinceText.slice(0, 20)}”.`,
    };
  const span = line.values.get('watch');
  const watched = span === undefined ? undefined : watchDuration(span);
  if (watched?.ok === false) return watched;
  if (watched !== undefined && line.flags.has('private'))
    return {
      ok: false,
      wrong:
        'A watch can’t be private: a whispered message can’t be kept current. Ask for it in a direct message with the bot.',
    };
  return {
    ok: true,
    args: {
      selector,
      private: line.flags.has('private'),
      ...(line.flags.has('all') ? { all: true } : {}),
      ...(sinceMs === undefined || sinceText === undefined ? {} : { since: { ms: sinceMs, text: sinceText } }),
      ...(why === undefined ? {} : { why }),
      ...(watched === undefined ? {} : { watchMs: watched.ms }),
    },
  };
};

const run = async (desk: Desk, args: TcpstatesArgs): Promise<void> => {
  const selection = desk.fleet?.select(args.selector);
  if (selection?.ok === true && selection.hosts.length > 1) return several(desk, args, selection.hosts);
  const host = await oneHost(desk, usage, args.selector);
  if (host === undefined) return;
  if (args.watchMs !== undefined) return watch(desk, host, args.watchMs);
  if (args.since !== undefined) return courseOf(desk, host, args.since, { private: args.private });
  if (args.why !== undefined && (await ruleOf(desk, args.why)) === undefined) return;
  const { why } = args;
  await measure(desk, host, { private: args.private }, (investigated) =>
    why === undefined || investigated.status === 'failed' ? undefined : whyAnswer(desk, investigated, why),
  );
};

/** @returns undefined where the typist has been told which rules there are */
const ruleOf = async (desk: Desk, id: string): Promise<Rule | undefined> => {
  const rule = desk.rules.get(id);
  if (rule !== undefined) return rule;
  const ids = [...desk.rules.keys()];
  await desk.whisper(unknownRuleMessage(id, nearestNames(id, ids), ids));
  return undefined;
};

/** More than one host was named. */
const several = async (desk: Desk, args: TcpstatesArgs, hosts: readonly Host[]): Promise<void> => {
  const { selector, since, watchMs, why } = args;
  const asked = { selector, hosts };
  const options = { private: args.private };
  if (watchMs !== undefined) {
    await tooMany(desk, usage, { ...asked, option: 'watch', value: `${Math.round(watchMs / 60_000)}m` });
  } else if (since !== undefined) {
    if (await tooMany(desk, usage, { ...asked, option: 'since', value: since.text })) return;
    await courseOfMany(desk, hosts, since.ms, options);
  } else if (why !== undefined) {
    const rule = await ruleOf(desk, why);
    if (rule === undefined || (await tooMany(desk, usage, { ...asked, option: 'why', value: why }))) return;
    await whyOfMany(desk, hosts, rule, options);
  } else {
    const confirmed = args.all === true ? Number.POSITIVE_INFINITY : 0;
    const chosen = await chooseHosts(desk, { command: 'tcpstates', usage, selector, confirmed, ...options });
    if (chosen !== undefined) await measureMany(desk, chosen, options);
  }
};

export const command: Command<TcpstatesArgs> = {
  name: 'tcpstates',
  summary: 'Measure a host: what is wrong with its TCP, and what would help',
  hint: '<host, @group, web-* or label=value> [--private] [--watch 10m] [--why <rule>]',
  usage,
  parse,
  run,
  actions: {
    [ACTIONS.refresh]: async (desk, click) => {
      const on = await hostOfClick(desk, click);
      if (on === undefined) return;
      const isPrivate = on.ref.private === true;
      await measure(desk, on.host, {
        private: isPrivate,
        at: 'here',
        again: { command: 'tcpstates', text: `${on.host.name}${isPrivate ? ' --private' : ''}` },
      });
    },
    [ACTIONS.measure]: async (desk, click) => {
      const on = await hostOfClick(desk, click);
      if (on === undefined) return;
      await measure(desk, on.host, {
        private: on.ref.private === true || (click.at.kind === 'message' && click.at.whispered),
        again: { command: 'tcpstates', text: on.host.name },
      });
    },
    [ACTIONS.states]: async (desk, click) => {
      const on = await hostOfClick(desk, click);
      if (on === undefined) return;
      const measured = desk.measurement(on.ref.measurement);
      await desk.openModal(
        legendModal({ host: on.host, ...(measured === undefined ? {} : { snapshot: measured.snapshot }) }),
      );
    },
    [ACTIONS.why]: async (desk, click) => {
      const shows = await measurementOfClick(desk, click);
      if (shows === undefined) return;
      const why = whyOf(desk, shows.measured, shows.ref.finding ?? '', shows.ref.subject);
      if (why !== undefined) await desk.openModal(whyModal(why));
    },
    [ACTIONS.raw]: async (desk, click) => {
      const shows = await measurementOfClick(desk, click);
      if (shows === undefined) return;
      const { host, snapshot, transcript } = shows.measured;
      const said = { host, measuredAt: snapshot.measuredAt, transcript };
      await desk.openModal(rawModal(said));
      // What a modal can't hold comes whole as a file, beside the message that it belongs to.
      const whispered = click.at.kind === 'message' && click.at.whispered;
      if (transcript.length > RAW_MODAL_CHARACTERS && !whispered) await desk.upload(rawFile(said), 'thread');
    },
    ...fleetActions(usage, async (desk, click) => {
      const shows = await measurementOfClick(desk, click);
      if (shows === undefined) return;
      const isPrivate = click.at.kind === 'message' && click.at.whispered;
      const message = measuredMessage(desk, shows.measured, isPrivate);
      await desk.answer(message, async () => message, { private: isPrivate, at: 'thread' });
    }),
    [ACTIONS.propose]: proposeFinding,
    [ACTIONS.waveFinding]: proposeFindingOnMany,
    [ACTIONS.watch]: watchClicked,
    [ACTIONS.stopWatch]: stopWatchClicked,
    [ACTIONS.cancel]: cancelClicked,
    [ACTIONS.home]: (desk) => desk.refreshHome(),
    [ACTIONS.share]: async (desk, click) => {
      const shows = await measurementOfClick(desk, click);
      if (shows === undefined) return;
      const message = measuredMessage(desk, shows.measured, false);
      await desk.answer(message, async () => message);
    },
  },
  shortcuts: { 'diagnose-message': diagnoseMessage, 'diagnose-host': pickHost },
  views: { [PICKER.view]: hostPicked(usage) },
};

/** less than what blocks/raw.ts lets into a modal */
const RAW_MODAL_CHARACTERS = 50_000;
