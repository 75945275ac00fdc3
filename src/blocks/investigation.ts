/** The answer to `/tcpstates host`: verdict, findings, limits, states, chart; the rest folded. */
import type { Diagnosis } from '../core/finding.js';
import type { Host } from '../core/inventory.js';
import type { Rule } from '../core/rule.js';
import type { Snapshot } from '../core/snapshot.js';
import { ACTIONS, encodeRef, type Ref } from './actions.js';
import { actions, button, context, header, type Line, lines, type Piece, paragraph, rich } from './elements.js';
import { spoken } from './escape.js';
import { findingParts, type Offer } from './findings.js';
import { always, messageOf, type Part } from './fit.js';
import type { Message } from './message.js';
import { detailOf, headlineOf } from './sentences/index.js';
import { shareInWords, sharesOf } from './shares.js';
import { holdersPart, statesParts } from './states.js';
import { type Verdict, verdictOf } from './verdict.js';
import { duration, firstOf, plural, took } from './words.js';

export interface Investigation {
  host: Pick<Host, 'name' | 'lab'>;
  snapshot: Snapshot;
  diagnosis: Diagnosis;
  /** all rules by id: titles and reasons come from them */
  rules: ReadonlyMap<string, Rule>;
  /** the last measurement before this one, for the change in counts */
  previous?: Snapshot;
  /** the id under which the bot keeps this measurement: the buttons carry it */
  measurement?: string;
  /** the answer is for the asker alone; its buttons offer to share it */
  private?: boolean;
  /** what policy says of the remedies */
  offers?: readonly Offer[];
  /** who asked: a user id */
  asker?: string;
  /** whether `/tcpstates --watch` is there */
  canWatch?: boolean;
}

/** The line for a notification, a log and `last known`. */
export const verdictLine = (input: Pick<Investigation, 'diagnosis' | 'rules'>): string =>
  verdictOf(input.diagnosis, input.rules).line;

const measuredLine = (input: Investigation): readonly Piece[] => {
  const { snapshot, diagnosis, host } = input;
  const facts = snapshot.readings.facts;
  return [
    'Measured ',
    { at: snapshot.measuredAt },
    ` in ${took(snapshot.tookMs)}`,
    diagnosis.intervalSeconds > 0
      ? `, rates over ${duration(Math.round(diagnosis.intervalSeconds))}`
      : ', no rates: one look only',
    facts.status === 'ok'
      ? `. Linux ${facts.value.kernelRelease}, up ${duration(facts.value.uptimeSeconds)}${facts.value.container ? ', in a container' : ''}`
      : '. Kernel unknown',
    host.lab === 'replayed'
      ? '. Replayed recording, not a live host'
      : host.lab === undefined
        ? ''
        : host.lab === 'this machine'
          ? '. This very machine'
          : '. A lab host with a real kernel',
  ];
};

/** What could not be judged, in a line: missing evidence is never health. The reasons are folded. */
const uncheckedLine = (input: Investigation): Line | undefined => {
  const open = input.diagnosis.findings.filter((finding) => finding.status === 'inconclusive');
  if (open.length === 0) return undefined;
  const { shown, omitted } = firstOf(open, 4);
  return [
    { bold: `${plural(open.length, 'check')} could not be made  ` },
    `${shown.map((finding) => finding.id).join(', ')}${omitted > 0 ? ` and ${omitted} more` : ''} (reasons folded below)`,
  ];
};

/** Which checks were made, and why the others could not be: folded. */
const checksMade = ({ diagnosis }: Investigation): readonly Line[] => [
  ...(diagnosis.checked.length === 0
    ? []
    : [[{ bold: `${plural(diagnosis.checked.length, 'check')} made  ` }, diagnosis.checked.join(', ')] as Line]),
  ...diagnosis.findings
    .filter((finding) => finding.status === 'inconclusive')
    .slice(0, 12)
    .map((finding): Line => {
      const { shown, omitted } = firstOf(finding.missing, 2);
      return [
        { bold: `Not made: ${finding.id}  ` },
        `${shown.join('; ')}${omitted > 0 ? `; and ${omitted} more` : ''}`,
      ];
    }),
];

const buttonsOf = (input: Investigation) => {
  const ref: Ref = {
    host: input.host.name,
    ...(input.measurement === undefined ? {} : { measurement: input.measurement }),
    ...(input.private === true ? { private: true } : {}),
  };
  const value = encodeRef(ref);
  return actions([
    button(ACTIONS.refresh, 'Refresh', { value }),
    ...(input.canWatch === true ? [button(ACTIONS.watch, 'Watch 10 min', { value })] : []),
    button(ACTIONS.states, 'States, IPv4/IPv6', { value }),
    button(ACTIONS.sysctls, 'Sysctls', { value }),
    button(ACTIONS.raw, 'Raw', { value }),
    ...(input.private === true ? [button(ACTIONS.share, 'Share in channel', { value })] : []),
  ]);
};

const findingsOf = (input: Investigation, verdict: Verdict): readonly Part[] => {
  const { causes, effects } = verdict;
  const context = {
    host: input.host,
    titles: input.rules,
    ...(input.measurement === undefined ? {} : { measurement: input.measurement }),
    ...(input.offers === undefined ? {} : { offers: input.offers }),
  };
  const claimed = new Set<string>();
  return causes.flatMap((cause, index) => {
    // an effect is told once, beside the first of its causes; what an effect explains in turn belongs to the same cause
    const mine = effects.filter((effect) => !claimed.has(keyOf(effect)) && reaches(effect, cause.id, effects));
    for (const effect of mine) claimed.add(keyOf(effect));
    return findingParts(cause, causes.length === 1 ? 0 : index + 1, mine, context);
  });
};
const keyOf = (finding: { id: string; subject?: string }): string => `${finding.id} ${finding.subject ?? ''}`;
const reaches = (
  effect: { id: string; causedBy: readonly string[] },
  cause: string,
  all: readonly { id: string; causedBy: readonly string[] }[],
  depth = 0,
): boolean =>
  effect.causedBy.includes(cause) ||
  (depth < 8 &&
    effect.causedBy.some((id) =>
      all.some((other) => other.id === id && other !== effect && reaches(other, cause, all, depth + 1)),
    ));

export const investigationMessage = (input: Investigation): Message => {
  const verdict = verdictOf(input.diagnosis, input.rules);
  const unchecked = uncheckedLine(input);
  const shares = sharesOf(input.snapshot);
  const notes = verdict.notes.slice(0, 4);
  const told = verdict.causes.length === 0 ? notes.slice(1) : notes;
  const small: Line[] = [
    ...(verdict.causes.length === 0 && notes[0] !== undefined ? [[detailOf(notes[0])] as Line] : []),
    ...told.map((note): Line => [{ bold: 'Note  ' }, headlineOf(note, input.rules)]),
    ...(verdict.notes.length > notes.length ? [[`… ${verdict.notes.length - notes.length} more notes`] as Line] : []),
    ...(shares.length === 0 ? [] : [[{ bold: 'Limits  ' }, shares.map(shareInWords).join(' | ')] as Line]),
    ...(unchecked === undefined ? [] : [unchecked]),
  ];
  return messageOf(
    spoken(verdict.line),
    [
      always(
        header(verdict.line),
        context(...measuredLine(input).filter((piece) => typeof piece === 'string' || 'at' in piece)),
      ),
      ...findingsOf(input, verdict),
      { blocks: small.length === 0 ? [] : [rich(lines(...small))], need: 0, name: '' },
      ...statesParts(input.snapshot, input.host.name, input.previous),
      holdersPart(input.snapshot, checksMade(input)),
      ...(input.asker === undefined
        ? []
        : [{ blocks: [paragraph('Asked by ', { user: input.asker })], need: 2, name: '' }]),
      // Last, where a message comes into view: sysctls answer in the thread, which begins right below. A remedy's button stands
      // by its finding.
      always(buttonsOf(input)),
    ],
    `Raw has all of it; /tcpstates ${input.host.name} --why <rule> explains any.`,
  );
};
