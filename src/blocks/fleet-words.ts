/** What is said of many hosts: levels, names, why some were silent. */

import type { FleetLevel, FleetRow, FleetView, SilentGroup } from '../core/fleet.js';
import type { Deviation } from '../core/fleet-distance.js';
import { cut } from './escape.js';
import type { Titles } from './sentences/index.js';
import { titleOf } from './sentences/index.js';
import { count, figure, list, plural } from './words.js';

export const LEVEL_WORDS: Readonly<Record<FleetLevel, string>> = {
  crit: 'CRITICAL',
  warn: 'WARNING',
  unjudged: 'NOT JUDGED',
  ok: 'APART',
};

/** characters of a table's cell that two lines of a phone hold */
const ROW_CHARACTERS = 76;
/** what a verdict says behind the thing itself: in a table of many hosts it is only in the way */
const ASIDES = /(?:\. \d[\d,]* checks?\b.*|\. Not the same as healthy|, \d+ things? to mind)$/;

/** `a, b, c and 12 more` */
export const names = (all: readonly string[], max = 6): string =>
  all.length <= max ? list(all) : `${all.slice(0, max).join(', ')} and ${count(all.length - max)} more`;

const SILENCE: Readonly<Record<string, string>> = {
  'name-not-resolved': 'its name could not be resolved',
  refused: 'the port refused the connection: is sshd running?',
  unreachable: 'no route, or the network said unreachable',
  'connect-timed-out': 'the connection timed out',
  'not-ssh': 'something answers there that is not SSH',
  'no-common-algorithm': 'no algorithm in common: an old or hardened sshd',
  'host-key-unknown': 'no key is pinned for it',
  'host-key-changed': 'its host key CHANGED: do not connect by hand until somebody can say why',
  'host-key-revoked': 'its host key is revoked',
  'identity-unreadable': "the bot's key could not be read",
  'authentication-refused': "it refused the bot's key",
  'login-timed-out': 'the login hung',
  'dropped-before-login': 'dropped before the login: a busy sshd (MaxStartups), or in the middle',
  dropped: 'the connection was dropped',
  'channel-refused': 'it let us in and then refused a session (MaxSessions)',
  'no-shell': 'no shell to ask',
  'no-answer': 'connected, but did not answer',
  'wall-clock': 'no answer within its time',
  'too-much-output': 'answered too much',
  'cut-off': 'the answer was cut off',
  cancelled: 'stopped before it answered',
  'jump-failed': 'the way through its jump host failed',
  'shutting-down': 'the bot was stopped',
  internal: 'a mistake of the bot; its log says more',
  'not-asked': 'not asked: stopped, or the time of the whole answer was over',
};

export const silenceInWords = ({ problem, via }: Pick<SilentGroup, 'problem' | 'via'>): string =>
  `${SILENCE[problem] ?? problem.replaceAll('-', ' ')}${via === undefined ? '' : ` (through ${via})`}`;

export const deviationInWords = (deviation: Deviation): string =>
  `${deviation.name} ${figure(deviation.value)}, group ${figure(deviation.median)}`;

/** As many whole words as fit. */
const short = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1);
  const end = kept.lastIndexOf(' ');
  return `${(end > max / 2 ? kept.slice(0, end) : cut(text, max - 1).replace(/…$/, '')).replace(/[;:,.(]+$/, '')}…`;
};

/** What is wrong with a host, or where it stands apart: short enough for a column on a phone. */
export const rowInWords = (row: FleetRow): string => {
  let clause = row.member.clause.replace(/; and (\d+) more findings?$/, ' (+$1)');
  for (let before = ''; before !== clause; ) {
    before = clause;
    clause = clause.replace(ASIDES, '');
  }
  if (row.member.level !== 'ok') return short(clause, ROW_CHARACTERS);
  return short(row.deviations.slice(0, 2).map(deviationInWords).join('; '), ROW_CHARACTERS);
};

/** One line: how bad, what, where; then how many are fine. */
export const fleetVerdict = (name: string, view: FleetView, titles: Titles): string => {
  const { rows, healthy, causes, asked, answered } = view;
  const at = (level: FleetLevel): number => rows.filter(({ member }) => member.level === level).length;
  const [crit, warn, unjudged, apart] = [at('crit'), at('warn'), at('unjudged'), at('ok')];
  const missing = asked - answered;
  const level =
    crit > 0
      ? 'CRITICAL'
      : warn > 0
        ? 'WARNING'
        : answered === 0
          ? 'NO ANSWER'
          : missing > 0 || unjudged > 0
            ? 'INCOMPLETE'
            : 'HEALTHY';
  const told = causes.slice(0, 2).map(({ id, hosts }) => `${titleOf(id, titles)} on ${names(hosts, 3)}`);
  const parts = [
    ...(crit + warn > 0
      ? [
          `${crit + warn} of ${plural(asked, 'host')} in trouble: ${told.join('; ')}${causes.length > 2 ? `; and ${plural(causes.length - 2, 'more cause')}` : ''}`,
        ]
      : []),
    ...(missing > 0
      ? [`${crit + warn > 0 ? count(missing) : `${count(missing)} of ${plural(asked, 'host')}`} gave no answer`]
      : []),
    ...(unjudged > 0 ? [`${count(unjudged)} could not be judged`] : []),
    ...(apart > 0
      ? [`${count(apart)} ${apart === 1 ? 'stands' : 'stand'} apart from ${apart === 1 ? 'its' : 'their'} group`]
      : []),
    ...(healthy.length > 0
      ? [`${healthy.length === asked ? `all ${count(asked)}` : count(healthy.length)} healthy`]
      : []),
  ];
  return `${level}  ${name}: ${parts.join('. ')}`;
};
