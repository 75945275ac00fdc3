/** Short answers about changes: what was refused and why, who could, what waits for whom, what was passed over. */
import type { Change } from '../core/change.js';
import type { PolicyStep } from '../core/policy.js';
import { briefOf, type Mention, mentions, whoDid } from './change-words.js';
import { bullets, type Line, lines, type Moment, paragraph, rich, sectionOf } from './elements.js';
import { spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message } from './message.js';

const moment = (ms: number): Moment => ({ at: new Date(ms).toISOString() });

/** Codes of `change-decide` and of the store, as sentences that say what is safe. */
const SENTENCES: Readonly<Record<string, string>> = {
  'not-permitted': 'The policy does not allow it.',
  'own-request': 'It is your own request.',
  'already-approved': 'You have approved it already; a person counts once.',
  'another-plan': 'This message shows another plan than the stored one. Look at /changes for what it is.',
  stale: 'What was proposed can’t be had any more; nothing was changed.',
  expired: 'Its time is over.',
  'wrong-state': 'It is too late for that.',
  'under-way': 'That is being done already.',
  'no-change': 'It would change nothing.',
  'no-reason': 'It needs a reason.',
  'window-ended': 'The window is over.',
  'not-break-glass': 'It waits for no review.',
  'wave-member': 'It is one host of a wave, which is approved as a whole.',
  'host-busy': 'This host has another open change. One at a time: confirm, revert or deny it first.',
  'unknown-change': 'There is no such change.',
  store: 'The database can’t be written, so nothing may be done: no entry in the log, no action.',
  code: 'The one-time code was not accepted.',
};

export interface RefusedClick {
  /** what was wanted, e.g. `Approving` */
  what: string;
  code: string;
  detail: string;
  /** who was quicker with the same, and when */
  first?: { by: Change['requester']; did: string; atMs: number };
  whoCould?: readonly Mention[];
  /** the open change that is in the way */
  other?: Change;
  /** what it is about: named where a phone shows one line alone */
  change?: Change;
}

export const refusedClickMessage = (refused: RefusedClick): Message => {
  const { what, code, detail, first, whoCould, other } = refused;
  const sentence = SENTENCES[code] ?? 'It was not done.';
  const isSaid = detail === '' || detail === 'conflict' || first !== undefined || code === 'already-approved';
  const more = isSaid ? '' : `${detail.slice(0, 400)}.`;
  const safe = code === 'store' ? 'What is in force on a host is still taken back by the host itself.' : undefined;
  const named = refused.change === undefined ? '' : `${refused.change.plan.host.name}: `;
  return messageOf(spoken(`${named}${what}: not done. ${first === undefined ? sentence : 'Somebody was first.'}`), [
    always(
      rich(
        lines(
          [{ bold: `${what}: not done. ` }, first === undefined ? sentence : ''],
          ...(first === undefined
            ? []
            : [[whoDid(first.by), ` was first: ${first.did} `, moment(first.atMs), '.'] as Line]),
          ...(more === '' ? [] : [[more.replace(/\.\.$/, '.')] as Line]),
          ...(other === undefined
            ? []
            : [[{ bold: 'Open  ' }, `${briefOf(other)}, `, { code: `/changes ${other.id}` }] as Line]),
          ...(whoCould === undefined || whoCould.length === 0
            ? []
            : [[{ bold: 'Who could  ' }, ...mentions(whoCould.slice(0, 20))] as Line]),
          ...(safe === undefined ? [] : [[safe] as Line]),
        ),
      ),
    ),
  ]);
};

/** “Who can approve, and why can't I”, to who asks. */
export const whoCanMessage = (view: {
  change: Change;
  may: { allowed: boolean; why: string; steps: readonly PolicyStep[] };
  /** the asker is the requester, or has approved already */
  besides?: string;
  approvers: readonly Mention[];
  stepUp: boolean;
  escalation: readonly Mention[];
}): Message => {
  const { change, may, besides, approvers, stepUp, escalation } = view;
  const can = may.allowed && besides === undefined;
  const missing = change.approvalsNeeded - change.approvals.length;
  return messageOf(
    spoken(
      `${change.plan.host.name}: you ${can ? 'can' : 'can’t'} approve ${briefOf(change)}${can ? '' : `: ${besides ?? may.why}`}`,
    ),
    [
      always(
        rich(
          lines(
            [{ bold: can ? 'You can approve it. ' : 'You can’t approve it. ' }, besides ?? may.why],
            [
              { bold: 'Who can  ' },
              ...(approvers.length === 0 ? ['nobody that the policy names'] : mentions(approvers.slice(0, 20))),
            ],
            [
              { bold: 'Missing  ' },
              `${Math.max(0, missing)} of ${change.approvalsNeeded}${stepUp ? ', each with a one-time code' : ''}`,
            ],
            ...(escalation.length === 0 ? [] : [[{ bold: 'Asked before it ends  ' }, ...mentions(escalation)] as Line]),
          ),
        ),
        rich(
          sectionOf([{ bold: 'How the policy decides for you' }]),
          bullets(
            may.steps
              .slice(0, 10)
              .map(
                (step): Line => [{ bold: step.holds ? 'yes  ' : 'no  ' }, `${step.question} `, { italic: step.answer }],
              ),
          ),
        ),
      ),
    ],
  );
};

/** In the thread of the change's message: people that must act, by name. */
export const nudgeMessage = (view: {
  change: Change;
  about: 'approval' | 'escalation' | 'window' | 'worse' | 'held';
  people: readonly Mention[];
}): Message => {
  const { change, about, people } = view;
  const { host } = change.plan;
  const asked = people.length === 0 ? [] : [...mentions(people.slice(0, 20)), ': '];
  const said: Line =
    about === 'held'
      ? [
          ...asked,
          { bold: 'the values from before are not back yet. ' },
          `${briefOf(change)} on ${host.name}: ${change.held?.why ?? 'the host waits'}. The host tries again every minute.`,
        ]
      : about === 'window' || about === 'worse'
        ? [
            ...asked,
            { bold: about === 'worse' ? 'it got worse: look whether to revert it now. ' : 'confirm or revert it. ' },
            `${briefOf(change)} on ${host.name}: the host takes it back at `,
            moment(change.windowEndsAtMs ?? 0),
            ' unless somebody confirms.',
          ]
        : [
            ...asked,
            {
              bold:
                about === 'approval' ? 'this waits for an approval. ' : 'nobody has approved this, and it ends soon. ',
            },
            `${briefOf(change)} on ${host.name}, until `,
            moment(change.expiresAtMs),
            '.',
          ];
  return messageOf(
    spoken(
      about === 'held'
        ? `${host.name}: ${briefOf(change)} can not be taken back yet, the host tries again`
        : about === 'worse'
          ? `${host.name} got worse after ${briefOf(change)}`
          : about === 'window'
            ? `${host.name}: confirm or revert ${briefOf(change)}`
            : `${host.name}: ${briefOf(change)} ${about === 'escalation' ? 'ends soon, nobody has approved it' : 'waits for an approval'}`,
    ),
    [always(paragraph(...said))],
  );
};

/** At once, to everybody who was passed over. */
export const skippedMessage = (view: { change: Change; people: readonly Mention[] }): Message => {
  const { change, people } = view;
  const glass = change.approvals.find(({ breakGlass }) => breakGlass !== undefined);
  return messageOf(spoken(`The glass was broken for ${briefOf(change)} on ${change.plan.host.name}: review it`), [
    always(
      rich(
        lines(
          [
            ...(people.length === 0 ? [] : [...mentions(people.slice(0, 20)), ': ']),
            { bold: 'the glass was broken, you were passed over. ' },
            ...(glass === undefined
              ? []
              : [whoDid(glass.by), ` allowed it alone: ${glass.breakGlass?.reason.slice(0, 500) ?? ''}`]),
          ],
          [`${briefOf(change)} on ${change.plan.host.name}. Somebody else than who broke it must review it.`],
        ),
      ),
    ),
  ]);
};

/** A change was asked for where nobody else would see it. */
export const notHereMessage = (): Message =>
  messageOf('A change is proposed in a channel, where those who approve see it.', [
    always(
      paragraph(
        { bold: 'A change is proposed in a channel. ' },
        'Nobody could approve it in a direct message. Ask in the channel of the incident.',
      ),
    ),
  ]);
