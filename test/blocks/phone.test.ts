/** What a phone's notification and a screen reader get of a message: its `text`. All builders, none forgotten. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SPOKEN_MAX, spoken } from '../../src/blocks/escape.js';
import type { Message } from '../../src/blocks/message.js';
import { busy, dialogTooLate, failed, flooded, outdated, slipped, tooLate } from '../../src/blocks/unanswered.js';
import { waitingMessage } from '../../src/blocks/waiting.js';

const folder = new URL('../golden/blocks/', import.meta.url);
const goldens = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, message: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Partial<Message> }))
  .flatMap(({ name, message }) => (message.text === undefined ? [] : [{ name, text: message.text }]));

/** Builder → the golden files that show it; a builder that is not here fails below. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  alertHostsMessage: /^alert\/more/,
  alertMessage: /^fleet\/alert-/,
  changeDetailMessage: /^change\/detail-/,
  changeMessage: /^change\/(proposed|applied|confirmed)/,
  changesMessage: /^change\/list/,
  checkMessage: /^check-/,
  checksMessage: /^checks/,
  driftMessage: /^fleet\/drift/,
  firstUseMessage: /^first-use/,
  fleetConfirmMessage: /^fleet\/confirm/,
  fleetMessage: /^fleet\/mixed/,
  fleetProgressMessage: /^fleet\/progress/,
  hostFailedMessage: /^failed\//,
  hostsMessage: /^hosts/,
  investigationMessage: /^investigation\//,
  measuringMessage: /^measuring/,
  noHostInAlertMessage: /^alert\/none/,
  noSuchChangeMessage: /^change\/none/,
  nudgeMessage: /^change\/nudge-/,
  problemMessage: /^problem/,
  refusalMessage: /^refusal/,
  refusedClickMessage: /^change\/refused-/,
  skippedMessage: /^change\/skipped/,
  sweepsMessage: /^fleet\/sweeps/,
  sysctlMessage: /^sysctls\//,
  timelineMessage: /^timeline\//,
  trendManyMessage: /^fleet\/trend-many/,
  trendMessage: /^fleet\/trend/,
  unknownHostMessage: /^unknown-host/,
  unknownRuleMessage: /^why\/unknown/,
  usageMessage: /^usage/,
  watchLostMessage: /^watch\/lost/,
  watchMessage: /^watch\/(first|later|ended|silent)/,
  watchOpening: /^watch\/opening/,
  waveDetailMessage: /^wave\/detail/,
  waveMessage: /^wave\/(proposed|stopped|done)/,
  waveNudgeMessage: /^wave\/nudge-/,
  waveRefusedMessage: /^wave\/(partly|not)/,
  whoCanMessage: /^change\/who-/,
  whoCanWaveMessage: /^wave\/who-/,
  whyManyMessage: /^fleet\/why-many/,
  whyMessage: /^why\/(present|absent|unjudged)/,
};
/** Built here: they need no more than words. */
const SMALL: Readonly<Record<string, Message>> = {
  busy: busy(),
  dialogTooLate: dialogTooLate(),
  failed: failed('k3j2h1g0'),
  flooded: flooded({ who: 'person', limit: 20, waitSeconds: 12 }),
  notHereMessage: (await import('../../src/blocks/change-notices.js')).notHereMessage(),
  outdated: outdated(),
  slipped: slipped('sysctll', 'sysctl', 'web-1 time wait'),
  tooLate: tooLate('tcpstates', 'web-1'),
  waitingMessage: waitingMessage({ of: 'web-1', doing: 'reading its sysctls' }),
};
/** not for people: the head of the audit log, whole, so that a program finds it again; and what makes messages of parts */
const OTHERS: ReadonlySet<string> = new Set(['noticeMessage', 'messageOf']);
/** Waves have no golden files yet; what they speak goes through `spoken` as everything does. */
const WITHOUT_GOLDEN = /wave/i;

const faults = (text: string): string[] => [
  ...(text.trim() === '' || text === '-' ? ['empty'] : []),
  ...(/[\n\r\t]/.test(text) ? ['more than one line'] : []),
  // Escapes of &, < and > are one character to a reader.
  ...(text.replace(/&(?:amp|lt|gt);/g, '.').length > SPOKEN_MAX ? [`longer than ${SPOKEN_MAX}`] : []),
  ...(/[<>`]|\*\w[^*]*\*|^\[/.test(text) ? ['markup'] : []),
  ...(/…$/.test(text) && !/^(Measuring|Watching|.*: (measuring|reading)) ?.*…$/.test(text) ? ['cut off'] : []),
];

describe('every builder', () => {
  const blocks = new URL('../../src/blocks/', import.meta.url);
  const builders = readdirSync(blocks)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((file) =>
      [
        ...readFileSync(new URL(file, blocks), 'utf8').matchAll(
          /^export const (\w+) = \([\s\S]*?\): (\w+)(?: => |\s*=>\s*$)/gm,
        ),
      ]
        .filter(([whole, , type]) => type === 'Message' && !/\nexport /.test(whole))
        .map(([, name = '']) => name),
    )
    .filter((name) => !OTHERS.has(name) && !WITHOUT_GOLDEN.test(name));

  test('is found, and shown by a golden file or here', () => {
    expect(builders.length).toBeGreaterThan(35);
    expect(builders.filter((name) => SHOWN[name] === undefined && SMALL[name] === undefined)).toEqual([]);
    for (const [name, pattern] of Object.entries(SHOWN))
      expect({ name, goldens: goldens.filter((golden) => pattern.test(golden.name)).length }).not.toEqual({
        name,
        goldens: 0,
      });
  });

  test.each(goldens)('says in one line what a phone shows: $name', ({ text }) => expect(faults(text)).toEqual([]));
  test.each(Object.entries(SMALL))('says in one line what a phone shows: %s', (_, { text }) =>
    expect(faults(text)).toEqual([]),
  );
});

describe('what the line says', () => {
  const of = (pattern: RegExp) => goldens.filter(({ name }) => pattern.test(name));
  test.each(
    of(
      /^(investigation|failed|watch|sysctls|check-|change\/(?!list|none|refused))|^why\/(?!unknown)|^timeline\/incident/,
    ),
  )('the host: $name', ({ text }) => expect(text).toMatch(/\bweb-1\b/));
  test.each(of(/^(investigation|failed)\/|^check-|^change\/(proposed|applied|failed|reverted|stale|denied)/))(
    'the verdict first: $name',
    ({ text }) => expect(text).toMatch(/^[A-Z][A-Z, ]+ {2}/),
  );
  test.each([
    ['change/nudge-approval.json', /waits for an approval/],
    ['change/nudge-escalation.json', /ends soon, nobody has approved it/],
    ['change/nudge-window.json', /confirm or revert/],
    ['change/revert-failed.json', /Look at the host now/],
    ['change/skipped.json', /review it/],
    ['problem.json', /mistake of ours/],
    ['unknown-host.json', /Did you mean/],
    ['why/unknown.json', /Did you mean/],
    ['alert/none.json', /Not registered: /],
    ['fleet/mixed.json', /3 of 9 hosts in trouble.*new connections are dropped on web-2$/],
    ['fleet/silent.json', /gave no answer/],
    ['checks.json', /^NOT REACHABLE {2}1 of 2 hosts: db-1$/],
    ['change/list.json', /wait for an approval|to be confirmed/],
  ])('what is to be done, or the worst of it: %s', (name, words) =>
    expect(goldens.find((golden) => golden.name === name)?.text).toMatch(words),
  );
});

test('whatever is spoken is one short line without tokens', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const said = spoken(text);
      expect(said).not.toMatch(/[<>`@\n\r]/);
      expect(said.replace(/&(?:amp|lt|gt);/g, '.').replaceAll('(at)', '@').length).toBeLessThanOrEqual(SPOKEN_MAX + 50);
    }),
  );
});
