/** The answer to `/tcpstates @web`: what is wrong where, who stands apart, who is silent and why; the healthy in one line. */
import { type FleetView, worstFirst } from '../core/fleet.js';
import { GROUP_HOSTS_MIN } from '../core/fleet-distance.js';
import type { Rule } from '../core/rule.js';
import { ACTIONS, encodeRef, fitsRef, type Ref } from './actions.js';
import { keysInShort } from './change-words.js';
import { actions, button, context, header, type Line, lines, paragraph, rich } from './elements.js';
import { cut, spoken } from './escape.js';
import { always, fits, messageOf, type Part } from './fit.js';
import { type LeftOut, leftOutLine } from './fleet-left-out.js';
import { apartPart, causesPart, healthyPart, notesPart, silentPart, totalsParts } from './fleet-parts.js';
import { hostSelect, ROWS, tableParts } from './fleet-table.js';
import { fleetHeader, fleetVerdict } from './fleet-words.js';
import type { Message } from './message.js';
import { count, plural, took } from './words.js';

export interface FleetAnswer {
  /** what was typed */
  selector: string;
  view: FleetView;
  rules: ReadonlyMap<string, Rule>;
  /** ISO 8601 */
  startedAt: string;
  tookMs: number;
  /** under which the bot keeps it */
  fleet?: string;
  leftOut?: LeftOut;
  /** user id of who stopped it */
  stoppedBy?: string;
  /** its own time was over */
  overTime?: boolean;
  asker?: string;
  private?: boolean;
  /** what would cure hosts may be proposed from here */
  proposes?: boolean;
  /** there are recordings among the hosts */
  replayed?: boolean;
}

const buttonsPart = (input: FleetAnswer): Part => {
  const ref: Ref = {
    // Hosts that were named at length are those of the answer, as long as it is kept.
    ...(fitsRef(input.selector) ? { selector: input.selector } : {}),
    ...(input.fleet === undefined ? {} : { fleet: input.fleet }),
    hosts: Math.max(1, input.view.asked),
    ...(input.private === true ? { private: true } : {}),
  };
  const value = encodeRef(ref);
  const select = hostSelect(input.view);
  const row = actions([
    button(ACTIONS.fleet, 'Refresh', { value }),
    button(ACTIONS.drift, 'Sysctl drift', { value }),
    ...(input.fleet === undefined ? [] : [button(ACTIONS.fleetCsv, 'CSV', { value })]),
  ]);
  return always(select === undefined ? row : { ...row, elements: [select, ...row.elements] });
};

const WAVES_OFFERED_MAX = 3;

/** For each cause that a setting would cure on several hosts: all of them in one proposal. */
const wavesPart = ({ view, selector, fleet, proposes }: FleetAnswer): Part => {
  const curable = proposes === true ? view.causes.filter(({ settable }) => settable.hosts.length > 1) : [];
  return fleet === undefined || curable.length === 0
    ? always()
    : always(
        actions(
          curable.slice(0, WAVES_OFFERED_MAX).map(({ id, settable: { hosts, keys } }, at) =>
            button(`${ACTIONS.waveFinding}:${at}`, `Propose on ${plural(hosts.length, 'host')}: ${keysInShort(keys)}`, {
              value: encodeRef({ fleet, finding: id, selector: cut(selector, 500) }),
              label: `Propose a change on ${plural(hosts.length, 'host')} against ${id}`,
            }),
          ),
        ),
      );
};

const comparison = ({ compared, answered }: FleetView): string =>
  compared || answered === 0
    ? ''
    : answered < GROUP_HOSTS_MIN
      ? '. Too few hosts to compare them with each other'
      : '. Too unlike each other to compare';

export const fleetMessage = (answer: FleetAnswer): Message => {
  const { rules, selector } = answer;
  const view = worstFirst(answer.view, (id) => rules.get(id)?.rank ?? Number.MAX_SAFE_INTEGER);
  const input = { ...answer, view };
  const leftOut = leftOutLine(input.leftOut);
  const notes: Line[] = [
    ...(input.stoppedBy === undefined ? [] : [[{ bold: 'Stopped  ' }, 'by ', { user: input.stoppedBy }] as Line]),
    ...(input.overTime === true ? [[{ bold: 'Cut short  ' }, 'the time of the whole answer was over.'] as Line] : []),
    ...(leftOut === undefined ? [] : [leftOut]),
  ];
  const parts = (rows: number): readonly Part[] => [
    always(
      header(fleetHeader(selector, view)),
      context(
        'Measured ',
        { at: input.startedAt },
        ` in ${took(input.tookMs)}: ${count(view.answered)} of ${plural(view.asked, 'host')} answered`,
        input.replayed === true ? '. Replayed recordings, not live hosts' : '',
        comparison(view),
      ),
    ),
    causesPart(view, rules),
    wavesPart(input),
    silentPart(view),
    ...(notes.length === 0 ? [] : [always(rich(lines(...notes)))]),
    notesPart(view, rules),
    ...tableParts(selector, view, rows),
    ...totalsParts(selector, view),
    apartPart(view),
    healthyPart(view),
    ...(input.asker === undefined
      ? []
      : [{ blocks: [paragraph('Asked by ', { user: input.asker })], need: 5, name: 'who asked' }]),
    // Last: what most of them answer with comes into the thread, which begins right below.
    buttonsPart(input),
  ];
  const sized = ROWS.map(parts);
  const [fewest = []] = sized.slice(-1);
  // A shorter table says more than none.
  const chosen = sized.find((each) => fits(each.filter(({ need }) => need <= 1))) ?? fewest;
  return messageOf(spoken(fleetVerdict(selector, view, rules)), chosen, 'CSV has all of it.');
};
