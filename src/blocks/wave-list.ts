/** A wave to one person: host by host with their buttons, as a row of `/changes`, who can approve it, who is reminded. */
import type { Change } from '../core/change.js';
import { isEnded } from '../core/change.js';
import type { PolicyStep } from '../core/policy.js';
import { membersOf, type Wave } from '../core/wave.js';
import { ACTIONS, encodeRef } from './actions.js';
import { type Mention, mentions, stateWord } from './change-words.js';
import { actions, bullets, button, type Line, lines, type Moment, paragraph, rich, sectionOf } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf, type Part } from './fit.js';
import type { Message } from './message.js';
import { type WaveCard, waveParts } from './wave-card.js';
import { waveTitle } from './wave-words.js';
import { plural } from './words.js';

const BUTTONS = 20;
const isWorse = (change: Change): boolean => change.measurements.at(-1)?.outcome === 'worse';

/** Hosts one by one: where something is wrong first, what is over last. */
const hostsPart = ({ wave, changes }: WaveCard): Part[] => {
  const rank = (change: Change): number =>
    isWorse(change) || change.state === 'revert-failed' ? 0 : isEnded(change.state) ? 2 : 1;
  const all = membersOf(wave)
    .flatMap(({ change }) => changes.get(change) ?? [])
    .sort((a, b) => rank(a) - rank(b));
  if (all.length === 0) return [];
  return [
    {
      blocks: [
        rich(
          sectionOf([{ bold: 'Host by host' }]),
          bullets(
            all.map(
              (change): Line => [{ bold: change.plan.host.name }, `  ${stateWord(change)}  `, { code: change.id }],
            ),
          ),
        ),
      ],
      need: 1,
      name: 'the list host by host',
    },
    {
      blocks: [
        actions(
          all.slice(0, BUTTONS).map((change, index) =>
            button(`${ACTIONS.changeShow}:${index}`, change.plan.host.name, {
              value: encodeRef({ host: change.plan.host.name, change: change.id }),
              label: `Show the change of ${change.plan.host.name}, with its own buttons`,
            }),
          ),
        ),
      ],
      need: 1,
      name: 'a button for each host',
    },
  ];
};

/** What was asked for stands above what the wave's own message has shown already. */
const hostsFirst = (card: WaveCard): readonly Part[] => {
  const [title, ...others] = waveParts(card);
  return [...(title === undefined ? [] : [title]), ...hostsPart(card), ...others];
};

/** One wave to who asks, with the buttons of its message: also where that one was deleted. */
export const waveDetailMessage = (card: WaveCard): Message =>
  messageOf(spoken(waveTitle(card.wave, card.changes)), hostsFirst(card), 'Name a host: /changes <host>.');

/** Of one that this person may not see no more is told than of one that was never there. */
export const noSuchWaveMessage = (id: string): Message =>
  messageOf(spoken('There is no such wave.'), [
    always(
      paragraph(
        { bold: 'There is no such wave ' },
        { code: id.slice(0, 40) },
        ', or you may not see one of its hosts. What is open: ',
        { code: '/changes' },
        '.',
      ),
    ),
  ]);

/** “Who can approve, and why can't I”, to who asks. */
export const whoCanWaveMessage = (view: {
  wave: Wave;
  /** the first host where the answer is no, or the first of all */
  on: string;
  may: { allowed: boolean; why: string; steps: readonly PolicyStep[] };
  besides?: string;
  approvers: readonly Mention[];
  stepUp: boolean;
}): Message => {
  const { wave, on, may, besides, approvers, stepUp } = view;
  const can = may.allowed && besides === undefined;
  const missing = Math.max(0, wave.approvalsNeeded - wave.approvals.length);
  return messageOf(spoken(can ? 'You can approve the whole list.' : 'You can’t approve the whole list.'), [
    always(
      rich(
        lines(
          [
            { bold: can ? 'You can approve the whole list. ' : 'You can’t approve the whole list. ' },
            besides ?? may.why,
          ],
          [
            { bold: 'Who can  ' },
            ...(approvers.length === 0
              ? ['no one person that the policy names, on all of these hosts']
              : mentions(approvers.slice(0, 20))),
          ],
          [
            { bold: 'Missing  ' },
            `${missing} of ${wave.approvalsNeeded}${stepUp ? ', each with a one-time code' : ''}`,
          ],
        ),
      ),
      rich(
        sectionOf([{ bold: `How the policy decides for you on ${on}` }]),
        bullets(
          may.steps
            .slice(0, 10)
            .map(
              (step): Line => [{ bold: step.holds ? 'yes  ' : 'no  ' }, `${step.question} `, { italic: step.answer }],
            ),
        ),
      ),
    ),
  ]);
};

/** In the thread of the wave's message: people that must act, by name. */
export const waveNudgeMessage = (view: {
  wave: Wave;
  about: 'approval' | 'escalation' | 'window' | 'worse' | 'held';
  people: readonly Mention[];
  /** the host that it is about */
  change?: Change;
  /** other hosts of its batch are in force with it */
  others?: boolean;
}): Message => {
  const { wave, about, people, change } = view;
  const asked = people.length === 0 ? [] : [...mentions(people.slice(0, 20)), ': '];
  const host = change?.plan.host.name ?? '';
  const on = `the wave on ${wave.selector.slice(0, 60)}`;
  const ends: Moment = { at: new Date(change?.windowEndsAtMs ?? wave.expiresAtMs).toISOString() };
  const what = {
    worse: `${host} got worse under ${on}`,
    held: `${host} can not take its values back yet: ${on}`,
    window: `Confirm or revert ${on}`,
    approval: `An approval is waited for: ${on}`,
    escalation: `It ends soon and is not approved yet: ${on}`,
  }[about];
  const more: Line =
    about === 'held'
      ? [` ${change?.held?.why ?? 'The host waits'}. It tries again every minute.`]
      : about === 'worse'
        ? [' No other host is begun. Look whether to revert; it takes its values back by itself at ', ends, '.']
        : about === 'window'
          ? [
              ` ${host} takes its values back at `,
              ends,
              ` unless somebody confirms${view.others === true ? ', and others of its batch with it' : ''}.`,
            ]
          : [' Until ', ends, '.'];
  return messageOf(spoken(what), [always(paragraph(...asked, { bold: `${what}.` }, ...more))]);
};

export const waveRefusedMessage = (view: {
  what: string;
  /** a step of several hosts: why at each; or why at all */
  refused: readonly { host?: string; why: string }[];
  done: number;
}): Message => {
  const { what, refused, done } = view;
  const verdict =
    done === 0 ? `${what}: not done.` : `${what}: done on ${plural(done, 'host')}, not on ${refused.length}.`;
  return messageOf(spoken(verdict), [
    always(
      rich(
        sectionOf([{ bold: verdict }]),
        bullets(
          refused
            .slice(0, 20)
            .map(
              ({ host, why }): Line => [
                ...(host === undefined ? [] : [{ bold: host }, ': ']),
                why === '' ? 'it was refused' : why.slice(0, 400),
              ],
            ),
        ),
      ),
    ),
  ]);
};
