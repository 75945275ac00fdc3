/** What is said of many hosts: levels, names, why some were silent. */

import type { FleetLevel, FleetRow, FleetView, SilentGroup } from '../core/fleet.js';
import type { Deviation } from '../core/fleet-distance.js';
import { cut, SPOKEN_MAX } from './escape.js';
import type { Titles } from './sentences/index.js';
import { titleOf } from './sentences/index.js';
import { count, figure, list, plural } from './words.js';

export const LEVEL_WORDS: Readonly<Record<FleetLevel, string>> = {
  crit: 'CRITICAL',
  warn: 'WARNING',
  unjudged: 'NOT JUDGED',
  // Of the healthy only those that stand apart have a row.
  ok: 'HEALTHY, unlike its group',
};

/** characters of a table's cell that two lines of a phone hold */
const ROW_CHARACTERS = 76;
/** and that may be added to it where no column shows the number that a verdict is about */
const PROOF_CHARACTERS = 40;
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

/** `0 TIME_WAIT`, `conntrack use 100 %`, `532 conntrack drops/s` */
export const numberInWords = (name: string, value: number): string =>
  name.endsWith(' %') ? `${name.slice(0, -2)} ${figure(value)} %` : `${figure(value)} ${name.replace(' /s', '/s')}`;

export const deviationInWords = ({ name, value, median }: Deviation): string =>
  `${numberInWords(name, value)} (median ${figure(median)}${name.endsWith(' %') ? ' %' : ''})`;

/** As many whole words as fit. */
const short = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const kept = text.slice(0, max - 1);
  const end = kept.lastIndexOf(' ');
  return `${(end > max / 2 ? kept.slice(0, end) : cut(text, max - 1).replace(/…$/, '')).replace(/[;:,.(]+$/, '')}…`;
};

/**
 * What is wrong with a host, or where it stands apart: short enough for a column on a phone.
 * @param proof the name of the number that the verdict is about, where no column shows it
 */
export const rowInWords = (row: FleetRow, proof?: string): string => {
  let clause = row.member.clause.replace(/; and (\d+) more findings?$/, ' (+$1)');
  for (let before = ''; before !== clause; ) {
    before = clause;
    clause = clause.replace(ASIDES, '');
  }
  if (row.member.level !== 'ok') {
    const value = proof === undefined ? undefined : row.member.numbers[proof];
    const proven = proof === undefined || value === undefined ? '' : ` (${numberInWords(proof, value)})`;
    return `${short(clause, ROW_CHARACTERS)}${proven.length > PROOF_CHARACTERS ? '' : proven}`;
  }
  return short(row.deviations.slice(0, 2).map(deviationInWords).join('; '), ROW_CHARACTERS);
};

/** Each host once: in trouble, silent, not judged, healthy. */
const countsOf = ({ rows, healthy, asked, answered }: FleetView): readonly string[] => {
  const at = (...levels: FleetLevel[]): number => rows.filter(({ member }) => levels.includes(member.level)).length;
  const [inTrouble, unjudged, apart] = [at('crit', 'warn'), at('unjudged'), at('ok')];
  const fine = healthy.length + apart;
  const unlike =
    apart === 0
      ? ''
      : `${apart === fine ? ' but' : `, ${count(apart)} of them`} unlike ${apart === 1 ? 'its' : 'their'} group`;
  if (fine === asked) return [`${asked === 1 ? '1 host' : `all ${count(asked)} hosts`}${unlike}`];
  const kinds = [
    ...(inTrouble > 0 ? [`${count(inTrouble)} in trouble`] : []),
    ...(asked > answered ? [`${count(asked - answered)} gave no answer`] : []),
    ...(unjudged > 0 ? [`${count(unjudged)} could not be judged`] : []),
    ...(fine > 0 ? [`${count(fine)} healthy${unlike}`] : []),
  ];
  return kinds.map((kind, at) => (at === 0 ? kind.replace(/^\S+/, `$& of ${plural(asked, 'host')}`) : kind));
};

const levelOf = ({ rows, asked, answered }: FleetView): string => {
  const has = (level: FleetLevel): boolean => rows.some(({ member }) => member.level === level);
  if (has('crit')) return 'CRITICAL';
  if (has('warn')) return 'WARNING';
  if (answered === 0) return 'NO ANSWER';
  return asked > answered || has('unjudged') ? 'INCOMPLETE' : 'HEALTHY';
};

/** How bad, and how many of each kind. */
export const fleetHeader = (name: string, view: FleetView): string =>
  `${levelOf(view)}  ${name}: ${countsOf(view).join(', ')}`;

/** One line for a phone: how bad, how many, what, where; as much of it as fits, the worst cause before the counts of others. */
export const fleetVerdict = (name: string, view: FleetView, titles: Titles): string => {
  const told = view.causes.map(({ id, hosts }) => `${titleOf(id, titles)} on ${names(hosts, 3)}`);
  const [worst, second] = told;
  const head = fleetHeader(name, view);
  const [first = ''] = countsOf(view);
  const missing = view.asked - view.answered;
  const shorter = `${levelOf(view)}  ${name}: ${first}`;
  const more = (beyond: number): string => (beyond > 0 ? `; and ${plural(beyond, 'more cause')}` : '');
  if (worst === undefined) return head;
  const sizes = [
    ...(second === undefined ? [] : [`${head}: ${worst}; ${second}${more(told.length - 2)}`]),
    `${head}: ${worst}${more(told.length - 1)}`,
    `${head}: ${worst}`,
    ...(missing > 0 ? [`${shorter}, ${count(missing)} gave no answer: ${worst}`] : []),
    `${shorter}: ${worst}`,
  ];
  return sizes.find((each) => each.length <= SPOKEN_MAX) ?? `${shorter}: ${worst}`;
};
