/** The button beside a cause that several hosts share: what it asks the desk for, and that it asks for all of them or none. */
import { expect, test } from '@jest/globals';
import { memberOf } from '../../src/app/fleet.js';
import { encodeRef } from '../../src/blocks/actions.js';
import { proposeFindingOnMany } from '../../src/command/propose.js';
import type { WaveAsked } from '../../src/command/waves.js';
import type { Desk, Measured } from '../../src/command.js';
import { viewFleet } from '../../src/core/fleet.js';
import type { Host } from '../../src/core/inventory.js';
import type { Click } from '../../src/ports/inbox.js';
import { investigate, rules, snapshotOf } from '../blocks/support/hosts.js';
import { aHost, wordsOf } from '../support/bot-fakes.js';
import { CONNTRACK, gatedHost } from '../support/changing-bot.js';

const measuredAs = (name: string, recording: string, gated = true): Measured => {
  const { snapshot, diagnosis } = investigate(snapshotOf(recording, name));
  const host = gated ? gatedHost(name) : aHost(name);
  return { status: 'measured', id: `m-${name}`, host, snapshot, diagnosis, transcript: '' };
};
const all = [
  measuredAs('web-2', 'p03-tw'),
  measuredAs('web-1', 'p03-tw'),
  measuredAs('web-3', 'p03-tw', false),
  measuredAs('web-4', 'c01'),
];

/** @returns what was asked for, and what was whispered */
const clicked = async (
  forgotten: readonly string[],
  value: string,
  registered: readonly Host[] = all.map(({ host }) => host),
) => {
  const asked: WaveAsked[] = [];
  const whispered: string[] = [];
  const members = all.map((it) => memberOf(it, rules));
  expect(viewFleet(members).causes[0]).toMatchObject({ id: 'conntrack-full', settable: { hosts: ['web-1', 'web-2'] } });
  const desk = {
    changes: { waves: { draft: async (it: WaveAsked) => asked.push(it) } },
    fleet: { kept: (id: string) => (id === 'f1' ? { members, hidden: 2 } : undefined) },
    inventory: () => ({ hosts: registered }),
    measurement: (id: string) => all.find((it) => it.id === id && !forgotten.includes(it.host.name)),
    openModal: async (_view: unknown, fill: () => Promise<unknown>) => void (await fill()),
    whisper: async (message: unknown) => void whispered.push(wordsOf(message)),
  } as unknown as Desk;
  await proposeFindingOnMany(desk, { value } as Click);
  return { asked, whispered };
};
const button = encodeRef({ fleet: 'f1', finding: 'conntrack-full', selector: '@web' });

test('every host with the cause, each with the value computed for it; what has no gate is there to be named as left out', async () => {
  const { asked, whispered } = await clicked([], button);
  expect(whispered).toEqual([]);
  expect(asked).toMatchObject([{ selector: '@web', partly: true, leftOut: { hidden: 2 } }]);
  const wishes = asked[0]?.wishes ?? [];
  expect(wishes.map(({ host }) => host.name)).toEqual(['web-1', 'web-2', 'web-3']);
  for (const { wishes: wanted, finding } of wishes) {
    expect(finding).toMatchObject({ id: 'conntrack-full' });
    expect(wanted).toContainEqual(expect.objectContaining({ key: CONNTRACK, to: '262144' }));
    expect(new Set(wanted.map(({ key }) => key)).size).toBe(wanted.length);
  }
});

test.each([
  ['one of the measurements is no longer kept', ['web-2'], button],
  ['the answer is no longer kept', [], encodeRef({ fleet: 'f2', finding: 'conntrack-full', selector: '@web' })],
  ['the button is not ours', [], 'conntrack-full'],
])('%s: nothing is proposed, and it is said', async (_why, forgotten, value) => {
  const { asked, whispered } = await clicked(forgotten, value);
  expect(asked).toEqual([]);
  expect(whispered).toEqual([expect.stringContaining('no longer kept')]);
});

test.each<[string, (host: Host) => Host[]]>([
  ['is no longer registered', () => []],
  ['is another machine by now', (host) => [{ ...host, address: '10.9.9.9' }]],
])('a host of it %s: nothing is proposed, and it is said', async (_why, becomes) => {
  const registered = all.flatMap(({ host }) => (host.name === 'web-2' ? becomes(host) : [host]));
  const { asked, whispered } = await clicked([], button, registered);
  expect(asked).toEqual([]);
  expect(whispered).toEqual([expect.stringContaining('no longer kept')]);
});
