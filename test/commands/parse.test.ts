/** What people type, and what each command makes of it. Every usage error is in a table here. */
import { describe, expect, test } from '@jest/globals';
import { command as hosts } from '../../commands/hosts.js';
import { command as sysctl } from '../../commands/sysctl.js';
import { command as tcpstates } from '../../commands/tcpstates.js';
import { usageMessage } from '../../src/blocks/notices.js';
import type { Command, Desk } from '../../src/command.js';
import { loadCommands } from '../../src/commands.js';
import type { Click } from '../../src/ports/inbox.js';
import { aCaller, aHost, wordsOf } from '../support/bot-fakes.js';

const parsed = (command: Command, text: string): unknown => {
  const read = command.parse(text);
  return read.ok ? read.args : (read.wrong ?? 'usage');
};

test.each([
  ['', 'usage'],
  ['help', 'usage'],
  ['web-1', { selector: 'web-1', private: false }],
  ['web-1 --private', { selector: 'web-1', private: true }],
  ['--private', 'Name the host that is to be measured.'],
  ['web-1 --why conntrack-full', { selector: 'web-1', private: false, why: 'conntrack-full' }],
  ['web-1 --why', '--why needs a value behind it.'],
  ['web-1 --wyh x', 'There is no option --wyh. Did you mean --why?'],
  ['@web env=prod', { selector: '@web env=prod', private: false }],
])('/tcpstates %s', (text, expected) => expect(parsed(tcpstates, text)).toEqual(expected));

test.each([
  ['', 'usage'],
  ['help', 'usage'],
  ['web-1', { selector: 'web-1', words: [], private: false }],
  ['web-1 time wait', { selector: 'web-1', words: ['time', 'wait'], private: false }],
  ['web-1 net.ipv4.tcp_* --private', { selector: 'web-1', words: ['net.ipv4.tcp_*'], private: true }],
  ['web-1 sysctl -a | grep time', { selector: 'web-1', words: ['sysctl', '-a', '|', 'grep', 'time'], private: false }],
  ['net.ipv4.tcp_tw_reuse', '“net.ipv4.tcp_tw_reuse” is a key: name the host before it.'],
  ['tcp_tw_reuse web-1', '“tcp_tw_reuse” is a key: name the host before it.'],
  ['--private', 'Name the host first, then words or keys.'],
  ['web-1 --bogus', expect.stringContaining('There is no option --bogus.')],
])('/sysctl %s', (text, expected) => expect(parsed(sysctl, text)).toEqual(expected));

test.each([
  ['', { what: 'list', selector: '', private: false }],
  ['help', 'usage'],
  ['@web', { what: 'list', selector: '@web', private: false }],
  ['check', { what: 'check', selector: '', private: false }],
  ['CHECK web-1 --private', { what: 'check', selector: 'web-1', private: true }],
  ['--chekc', expect.stringContaining('There is no option --chekc.')],
])('/hosts %s', (text, expected) => expect(parsed(hosts, text)).toEqual(expected));

describe('every command', () => {
  test('is named after its file, explains itself, and its examples are understood by itself', async () => {
    const commands = await loadCommands();
    expect([...commands.keys()]).toEqual(expect.arrayContaining(['hosts', 'sysctl', 'tcpstates']));
    for (const [name, command] of commands) {
      expect(command.usage.command).toBe(`/${name}`);
      expect(command.usage.examples.length).toBeGreaterThan(0);
      for (const example of command.usage.examples) {
        expect(example.startsWith(`/${name}`)).toBe(true);
        expect(command.parse(example.slice(name.length + 1).trim()).ok).toBe(true);
      }
      expect(command.parse('help').ok).toBe(false);
      expect(wordsOf(usageMessage(command.usage))).toContain(command.usage.examples[0]);
    }
  });

  test('takes no click that it can not read, or of a host that is gone: it says so, and asks nobody', async () => {
    const actions = [...(await loadCommands()).values()]
      .filter(({ name }) => ['hosts', 'sysctl', 'tcpstates'].includes(name))
      .flatMap(({ actions }) => Object.entries(actions ?? {}))
      // These name nothing: they are about the message, or the Home tab, that they stand in.
      .filter(([id]) => id !== 'cancel' && id !== 'home');
    expect(actions.length).toBeGreaterThanOrEqual(9);
    for (const [id, handler] of actions)
      for (const value of [undefined, 'not json', '{"host":"web-1","more":1}', '{"host":"gone","measurement":"m"}']) {
        const told: string[] = [];
        const desk = {
          caller: aCaller(),
          inventory: () => ({ hosts: [aHost('web-1')], hidden: 0 }),
          measurement: () => undefined,
          whisper: async (message: unknown) => void told.push(wordsOf(message)),
        } as unknown as Desk;
        const click: Click = {
          id: 'c',
          caller: aCaller(),
          actionId: id,
          at: { kind: 'message', posted: { channel: 'C1', ts: '1.1' }, whispered: false },
          ...(value === undefined ? {} : { value }),
        };
        await handler(desk, click);
        expect({ id, value, told: told.length }).toEqual({ id, value, told: 1 });
      }
  });
});
