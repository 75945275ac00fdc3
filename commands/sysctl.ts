/**
 * `/sysctl <host> [words, keys, patterns]`: what is set, what the kernel's default is, what it means and what it does not do.
 * Of many hosts: in which keys they differ.
 */
import { ACTIONS } from '../src/blocks/actions.js';
import { driftMessage } from '../src/blocks/drift.js';
import { hostFailedMessage } from '../src/blocks/failure.js';
import type { LeftOut } from '../src/blocks/fleet-left-out.js';
import { fleetProgressMessage } from '../src/blocks/fleet-progress.js';
import { type Usage, usageMessage } from '../src/blocks/notices.js';
import { sysctlMessage } from '../src/blocks/sysctls.js';
import { waitingMessage } from '../src/blocks/waiting.js';
import { refuseSlips } from '../src/command/exclusions.js';
import { hostOfClick, oneHost } from '../src/command/host.js';
import { type Chosen, chooseHosts, manyOfClick } from '../src/command/many.js';
import { isSet, parseSet, proposeTyped, proposeTypedForMany, type SetArgs } from '../src/command/propose.js';
import type { AnswerOptions, Command, Desk, Parsed } from '../src/command.js';
import { readCommandLine } from '../src/core/command-line.js';
import { driftOf } from '../src/core/drift.js';
import type { Host } from '../src/core/inventory.js';
import { querySysctls } from '../src/core/sysctl-query.js';

export interface SysctlArgs {
  selector: string;
  words: readonly string[];
  private: boolean;
  all?: boolean;
  /** two hosts side by side */
  diff?: boolean;
  /** a change is to be proposed */
  set?: SetArgs;
}

const usage: Usage = {
  command: '/sysctl',
  forms: [
    { form: '<host>', does: 'the keys that matter for the health of TCP, grouped' },
    { form: '<host> <words>', does: 'keys whose line has every word, as `sysctl -a | grep … | grep …` would find' },
    { form: '<host> <key or pattern>', does: 'one key, or net.ipv4.* ; old names are understood' },
    { form: '<hosts> [words]', does: 'drift: in which keys @web, web-* or env=prod differ, and who is the odd one' },
    { form: '--diff <host> <host> [words]', does: 'two hosts side by side' },
    {
      needs: 'propose',
      form: '<host> set key=value … [--for 10m] [--persist]',
      does: 'proposes a change, which others approve and the host takes back unless it is confirmed',
    },
    {
      needs: 'propose',
      form: '<hosts> set key=value …',
      does: 'the same on @web or web-*: one approval of the whole list, a canary first, then batches, a stop at the first bad host',
    },
    { form: '<host> … --private', does: 'the same, to you alone' },
  ],
  examples: [
    '/sysctl web-1 time wait',
    '/sysctl web-1 net.ipv4.tcp_tw_reuse',
    '/sysctl @web',
    '/sysctl --diff web-1 web-2',
    '/sysctl web-1 set net.ipv4.tcp_tw_reuse=1 --for 10m',
  ],
};

const parse = (text: string): Parsed<SysctlArgs> => {
  if (isSet(text)) {
    const read = parseSet(text);
    return read.ok ? { ok: true, args: { ...read.args, words: [], private: false } } : read;
  }
  const line = readCommandLine(text, { flags: ['private', 'all', 'diff'] });
  if (!line.ok) return line;
  const diff = line.flags.has('diff');
  const [first, ...others] = line.words;
  const [second, ...rest] = others;
  if (diff && (first === undefined || second === undefined))
    return { ok: false, wrong: 'Name two hosts: --diff web-1 web-2.' };
  const selector = diff ? `${first},${second}` : first;
  const words = diff ? rest : others;
  if (line.help) return { ok: false };
  if (selector === undefined)
    return text.trim() === '' ? { ok: false } : { ok: false, wrong: 'Name the host first, then words or keys.' };
  // A key where the host should stand is the commonest slip.
  if (/^(net|fs|kernel|vm)[./]/.test(selector) || /^tcp_/.test(selector))
    return { ok: false, wrong: `“${selector.slice(0, 80)}” is a key: name the host before it.` };
  const flags = { ...(line.flags.has('all') ? { all: true } : {}), ...(diff ? { diff: true } : {}) };
  return { ok: true, args: { selector, words, private: line.flags.has('private'), ...flags } };
};

const pairProblem = ({ unknown }: LeftOut): string =>
  unknown.length === 0
    ? 'Name two hosts: --diff web-1 web-2.'
    : `No registered host is called ${unknown.map((term) => `“${term.slice(0, 60)}”`).join(' or ')}: --diff takes two that are.`;

const run = async (desk: Desk, args: SysctlArgs): Promise<void> => {
  if (args.set !== undefined) {
    const named = desk.fleet?.select(args.selector);
    if (named?.ok === true && (await refuseSlips(desk, args.selector, named))) return;
    // Bounded by what one wave takes; nothing is asked of a host before the list is shown.
    if (desk.fleet !== undefined && named?.ok === true && named.hosts.length > 1)
      return proposeTypedForMany(desk, usage, { ...named, fleet: desk.fleet, selector: args.selector }, args.set);
    const host = await oneHost(desk, usage, args.selector);
    if (host !== undefined) await proposeTyped(desk, usage, host, args.set);
    return;
  }
  const selection = desk.fleet?.select(args.selector);
  if (selection?.ok === true && (selection.hosts.length > 1 || args.diff === true)) {
    if (args.diff === true && selection.hosts.length !== 2)
      return desk.whisper(usageMessage(usage, pairProblem(selection.leftOut)));
    const { selector, words: asked } = args;
    const chosen = await chooseHosts(desk, {
      command: 'sysctl',
      usage,
      selector,
      confirmed: args.all === true ? Number.POSITIVE_INFINITY : 0,
      words: asked.join(' '),
      private: args.private,
    });
    if (chosen !== undefined) await drift(desk, chosen, asked, { private: args.private }, args.diff === true);
    return;
  }
  const host = await oneHost(desk, usage, args.selector);
  if (host !== undefined) await read(desk, host, args.words, { private: args.private });
};

const read = async (desk: Desk, host: Host, words: readonly string[], options: AnswerOptions): Promise<void> => {
  await desk.answer(
    waitingMessage({ of: host.name, doing: 'reading its sysctls', stops: options.private !== true }),
    async (_show, cancelled) => {
      const sysctls = await desk.readSysctls(host, cancelled);
      if (sysctls.status === 'failed')
        return hostFailedMessage({ host, failure: sysctls.failure, private: options.private === true });
      const { facts, readAt } = sysctls;
      return sysctlMessage({
        host,
        answer: querySysctls(words, facts, desk.sysctlCatalogue),
        readAt,
        private: options.private === true,
        ...(facts.kernelRelease === undefined ? {} : { kernelRelease: facts.kernelRelease }),
      });
    },
    options,
  );
};

/** Many hosts: in which keys they differ. */
const drift = async (
  desk: Desk,
  { fleet, hosts, leftOut, selector }: Chosen,
  asked: readonly string[],
  options: AnswerOptions,
  isPair: boolean,
): Promise<void> => {
  const id = fleet.newId();
  const shared = { selector, fleet: id, doing: 'reading sysctls' as const };
  const none = { asked: hosts.length, answered: 0, failed: {}, waiting: [], elapsedMs: 0 };
  await desk.answer(
    fleetProgressMessage({ ...shared, progress: none }),
    async (show) => {
      const read = await fleet.readSysctls(id, hosts, (progress) =>
        show(fleetProgressMessage({ ...shared, progress })),
      );
      // In the order in which they were typed.
      const [left, right] = selector.split(',');
      return driftMessage({
        selector,
        words: asked.join(' '),
        drift: driftOf(asked, read.facts, desk.sysctlCatalogue),
        silent: read.silent,
        readAt: read.readAt,
        tookMs: read.tookMs,
        leftOut,
        private: options.private === true,
        ...(isPair && left !== undefined && right !== undefined ? { pair: { left, right } } : {}),
      });
    },
    options,
  );
};

/** As it would be typed again. */
const typed = (host: Host, words: string): string => `${host.name} ${words}`.trim();

export const command: Command<SysctlArgs> = {
  name: 'sysctl',
  summary: "Show a host's sysctls: value, default, meaning, what sets them at boot",
  hint: '<host or @group> [words, keys or patterns] | <host> set key=value',
  usage,
  parse,
  run,
  actions: {
    [ACTIONS.drift]: async (desk, click) => {
      const on = await manyOfClick(desk, click, 'sysctl', 'thread');
      if (on === undefined) return;
      const { ref, options } = on;
      const chosen = await chooseHosts(desk, {
        command: 'sysctl',
        usage,
        selector: ref.selector,
        confirmed: ref.hosts ?? 0,
        words: ref.words ?? '',
        private: ref.private === true,
      });
      const isPair = chosen?.hosts.length === 2;
      if (chosen !== undefined) await drift(desk, chosen, words(ref.words), options, isPair);
    },
    [ACTIONS.sysctls]: async (desk, click) => {
      const on = await hostOfClick(desk, click);
      if (on === undefined) return;
      const again = { command: 'sysctl', text: typed(on.host, on.ref.words ?? '') };
      const isPrivate = on.ref.private === true;
      await read(desk, on.host, words(on.ref.words), { private: isPrivate, at: 'thread', again });
    },
    [ACTIONS.refreshSysctls]: async (desk, click) => {
      const on = await hostOfClick(desk, click);
      if (on === undefined) return;
      const again = { command: 'sysctl', text: typed(on.host, on.ref.words ?? '') };
      await read(desk, on.host, words(on.ref.words), { private: on.ref.private === true, at: 'here', again });
    },
  },
};

const words = (text: string | undefined): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');
