/** `/sysctl <host> [words, keys, patterns]`: what is set, what the kernel's default is, what it means and what it does not do. */
import { ACTIONS } from '../src/blocks/actions.js';
import { hostFailedMessage } from '../src/blocks/failure.js';
import type { Usage } from '../src/blocks/notices.js';
import { sysctlMessage } from '../src/blocks/sysctls.js';
import { waitingMessage } from '../src/blocks/waiting.js';
import type { AnswerOptions, Command, Desk, Parsed } from '../src/command.js';
import { hostOfClick, oneHost } from '../src/command-host.js';
import { readCommandLine } from '../src/core/command-line.js';
import type { Host } from '../src/core/inventory.js';
import { querySysctls } from '../src/core/sysctl-query.js';

export interface SysctlArgs {
  selector: string;
  words: readonly string[];
  private: boolean;
}

const usage: Usage = {
  command: '/sysctl',
  forms: [
    { form: '<host>', does: 'the keys that matter for the health of TCP, grouped' },
    { form: '<host> <words>', does: 'keys whose line has every word, as `sysctl -a | grep … | grep …` would find' },
    { form: '<host> <key or pattern>', does: 'one key, or net.ipv4.* ; old names are understood' },
    { form: '<host> … --private', does: 'the same, to you alone' },
  ],
  examples: ['/sysctl web-1 time wait', '/sysctl web-1 net.ipv4.tcp_tw_reuse', '/sysctl web-1 net.netfilter.*'],
};

const parse = (text: string): Parsed<SysctlArgs> => {
  const line = readCommandLine(text, { flags: ['private'] });
  if (!line.ok) return line;
  const [selector, ...words] = line.words;
  if (line.help) return { ok: false };
  if (selector === undefined)
    return text.trim() === '' ? { ok: false } : { ok: false, wrong: 'Name the host first, then words or keys.' };
  // A key where the host should stand is the commonest slip.
  if (/^(net|fs|kernel|vm)[./]/.test(selector) || /^tcp_/.test(selector))
    return { ok: false, wrong: `“${selector.slice(0, 80)}” is a key: name the host before it.` };
  return { ok: true, args: { selector, words, private: line.flags.has('private') } };
};

const run = async (desk: Desk, args: SysctlArgs): Promise<void> => {
  const host = await oneHost(desk, usage, args.selector);
  if (host !== undefined) await read(desk, host, args.words, { private: args.private });
};

const read = async (desk: Desk, host: Host, words: readonly string[], options: AnswerOptions): Promise<void> => {
  await desk.answer(
    waitingMessage({ of: host.name, doing: 'reading its sysctls' }),
    async () => {
      const sysctls = await desk.readSysctls(host);
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

/** As it would be typed again. */
const typed = (host: Host, words: string): string => `${host.name} ${words}`.trim();

export const command: Command<SysctlArgs> = {
  name: 'sysctl',
  summary: "Show a host's sysctls: value, default, meaning, what sets them at boot",
  hint: '<host> [words, keys or patterns]',
  usage,
  parse,
  run,
  actions: {
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
