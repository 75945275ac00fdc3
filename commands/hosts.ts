/** `/hosts`: what is registered, and where the way to a host ends. */
import { ACTIONS } from '../src/blocks/actions.js';
import { checkMessage, checksMessage } from '../src/blocks/check.js';
import { hostsMessage } from '../src/blocks/hosts.js';
import type { Message } from '../src/blocks/message.js';
import { type Usage, unknownHostMessage, usageMessage } from '../src/blocks/notices.js';
import { waitingMessage } from '../src/blocks/waiting.js';
import type { Found } from '../src/command/found.js';
import { hostOfClick } from '../src/command/host.js';
import type { AnswerOptions, Command, Desk, Parsed } from '../src/command.js';
import { readCommandLine, slipOf } from '../src/core/command-line.js';
import type { Host } from '../src/core/inventory.js';

export type HostsArgs = { what: 'list' | 'check' /** '' for all */; selector: string; private: boolean };

const usage: Usage = {
  command: '/hosts',
  forms: [
    { form: '', does: 'the registered hosts that you may see' },
    { form: '<host, web-*, @group or label=value>', does: 'those alone' },
    { form: 'check <host>', does: 'tries the way to a host step by step and says where it ends' },
    { form: 'check', does: 'tries all of them' },
  ],
  examples: ['/hosts', '/hosts @web', '/hosts check web-1'],
};

/** New connections at once: many of them may go through one jump host. */
const CHECKS_AT_ONCE = 8;
const CHECKS_MAX = 200;

const parse = (text: string): Parsed<HostsArgs> => {
  const line = readCommandLine(text, { flags: ['private'] });
  if (!line.ok) return line;
  if (line.help) return { ok: false };
  const [first, ...rest] = line.words;
  const isCheck = first?.toLowerCase() === 'check';
  const slip = first === undefined || rest.length === 0 ? undefined : slipOf(first, ['check']);
  if (slip !== undefined)
    return {
      ok: false,
      wrong: `There is no “${first?.slice(0, 40)}” here. Did you mean: /hosts check ${rest.join(' ').slice(0, 80)}`,
    };
  return {
    ok: true,
    args: {
      what: isCheck ? 'check' : 'list',
      selector: (isCheck ? rest : line.words).join(' '),
      private: line.flags.has('private'),
    },
  };
};

const run = async (desk: Desk, args: HostsArgs): Promise<void> => {
  const { hosts, hidden, problem } = desk.inventory();
  const found: Found = args.selector === '' ? { ok: true, hosts } : desk.find(args.selector);
  if (!found.ok) return desk.whisper(notFound(found));
  if (args.what === 'list')
    return desk.whisper(hostsMessage({ hosts: found.hosts, hidden, ...(problem === undefined ? {} : { problem }) }));
  const [only] = found.hosts;
  if (only === undefined) return desk.whisper(hostsMessage({ hosts: [], hidden }));
  if (found.hosts.length === 1) return check(desk, only, { private: args.private });
  if (found.hosts.length > CHECKS_MAX)
    return desk.whisper(
      usageMessage(
        usage,
        `That names ${found.hosts.length} hosts; at most ${CHECKS_MAX} are tried at once. Name fewer.`,
      ),
    );
  return checkAll(desk, found.hosts, { private: args.private });
};

const notFound = (found: Extract<Found, { ok: false }>): Message =>
  'problem' in found
    ? usageMessage(usage, found.problem)
    : unknownHostMessage(found.term, found.nearest, '/hosts check');

const check = async (desk: Desk, host: Host, options: AnswerOptions): Promise<void> => {
  await desk.answer(
    waitingMessage({ of: host.name, doing: 'trying the way to it step by step', stops: options.private !== true }),
    async (_show, cancelled) => checkMessage({ host, report: await desk.check(host, cancelled) }),
    options,
  );
};

const checkAll = async (desk: Desk, hosts: readonly Host[], options: AnswerOptions): Promise<void> => {
  const of = `${hosts.length} hosts`;
  await desk.answer(
    waitingMessage({ of, doing: 'trying the way to each', stops: options.private !== true }),
    async (show, cancelled) => {
      const checks: { host: Host; report: Awaited<ReturnType<Desk['check']>> }[] = [];
      const left = [...hosts];
      const worker = async (): Promise<void> => {
        for (let host = left.shift(); host !== undefined && !cancelled.aborted; host = left.shift()) {
          checks.push({ host, report: await desk.check(host, cancelled) });
          if (checks.length < hosts.length && checks.length % CHECKS_AT_ONCE === 0)
            show(waitingMessage({ of, doing: `${checks.length} tried`, stops: options.private !== true }));
        }
      };
      await Promise.all(Array.from({ length: Math.min(CHECKS_AT_ONCE, hosts.length) }, worker));
      return checksMessage(checks);
    },
    options,
  );
};

export const command: Command<HostsArgs> = {
  name: 'hosts',
  summary: 'List the registered hosts, or find out why one is not reachable',
  hint: '[check] [host]',
  usage,
  parse,
  run,
  actions: {
    [ACTIONS.checkHost]: async (desk, click) => {
      const on = await hostOfClick(desk, click);
      if (on === undefined) return;
      await check(desk, on.host, { at: 'here', again: { command: 'hosts', text: `check ${on.host.name}` } });
    },
  },
};
