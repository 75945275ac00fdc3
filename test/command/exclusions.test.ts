/** `/sysctl @web,!wbe-3 set …`: who mistypes an exclusion is told before a host is changed that was to be spared. */
import { expect, test } from '@jest/globals';
import { command } from '../../commands/sysctl.js';
import { selectHosts } from '../../src/app/desk-fleet.js';
import type { WaveAsked } from '../../src/command/waves.js';
import type { Desk } from '../../src/command.js';
import type { Host } from '../../src/core/inventory.js';
import { loadSysctls } from '../../src/sysctls.js';
import { anInventory, wordsOf } from '../support/bot-fakes.js';
import { gatedHost, REUSE } from '../support/changing-bot.js';

const inventory = anInventory(gatedHost('web-1'), gatedHost('web-2'), gatedHost('web-3'), gatedHost('vault'));
const visible = ({ name }: Host): boolean => name !== 'vault';
const catalogue = await loadSysctls();

const typed = async (selector: string) => {
  const asked: WaveAsked[] = [];
  const modals: string[] = [];
  const whispered: string[] = [];
  const desk = {
    changes: { waves: { draft: async (it: WaveAsked) => asked.push(it) } },
    fleet: { select: (text: string) => selectHosts(text, inventory, visible) },
    inventory: () => ({ hosts: [...inventory.hosts.values()].filter(visible), hidden: 1 }),
    sysctlCatalogue: catalogue,
    canOpenModal: true,
    openModal: async (view: unknown, fill?: () => Promise<unknown>) => {
      modals.push(wordsOf(view));
      await fill?.();
    },
    whisper: async (message: unknown) => void whispered.push(wordsOf(message)),
  } as unknown as Desk;
  const parsed = command.parse(`${selector} set ${REUSE}=1`);
  if (!parsed.ok) throw new Error('not understood');
  await command.run(desk, parsed.args);
  return { asked, whispered, modal: modals.join() };
};

test.each([
  ['@all,!wbe-3', ['“!wbe-3” names no host', 'Did you mean !web-3?', 'Type the command again']],
  ['web-*,!wbe-3,!@edge', ['“!wbe-3” and “!@edge” name no host']],
  ['web-1,!wbe-3', ['“!wbe-3” names no host']],
  ['web-1,wbe-3', ['“wbe-3” names no host.', 'Did you mean web-3?', 'Type the command again']],
])('%s: nothing is proposed, and what to type again is said', async (selector, words) => {
  const { asked, modal, whispered } = await typed(selector);
  expect(asked).toEqual([]);
  expect(whispered).toEqual([]);
  for (const word of words) expect(modal).toContain(word);
});

test('a host that the typist may not see is spoken of as one that is not registered', async () => {
  const [hidden, none] = [await typed('@all,!vault'), await typed('@all,!fault')];
  expect(hidden.asked).toEqual([]);
  expect(hidden.modal.replaceAll('vault', 'fault')).toBe(none.modal);
});

test('what names nobody beside several is in their list as left out', async () => {
  const { asked, modal } = await typed('web-1,web-2,wbe-3');
  expect(asked[0]?.leftOut.unknown).toEqual(['wbe-3']);
  expect(modal).not.toContain('Type the command again');
});

test('an exclusion that spares a host, and one of a host that was not meant anyway, are no slips', async () => {
  expect((await typed('@all,!web-3')).asked[0]?.wishes.map(({ host }) => host.name)).toEqual(['web-1', 'web-2']);
  expect((await typed('web-1,web-2,!web-3')).asked).toHaveLength(1);
});
