/** `/changes`: what was proposed, approved, applied, and is waiting; and what the buttons and modals of a change do. */
import { ACTIONS, decodeRef, INPUTS, VIEWS } from '../src/blocks/actions.js';
import { REASON_CHARACTERS_MAX, readingModal } from '../src/blocks/change-modals.js';
import { problemMessage, type Usage } from '../src/blocks/notices.js';
import type { ChangeDesk, ChangeRef, ChangesAsked, Shown } from '../src/command/changes.js';
import { isTimeline, parseTimeline, postTimeline, runTimeline, type TimelineArgs } from '../src/command/timeline.js';
import { waveActions, waveViews } from '../src/command/waves.js';
import type { ClickHandler, Command, Desk, Parsed, ViewHandler } from '../src/command.js';
import { readCommandLine, slipOf } from '../src/core/command-line.js';
import { readSpan } from '../src/core/span.js';

export type ChangesArgs = { id: string } | { asked: ChangesAsked } | { timeline: TimelineArgs };

const usage: Usage = {
  command: '/changes',
  forms: [
    { form: '', does: 'all open changes' },
    { form: 'all', does: 'past ones too, the newest first' },
    { form: '<host>', does: 'those of one host, open and past' },
    { form: '<id>', does: 'one change, or a wave host by host, with its history and its buttons' },
    { form: 'timeline [<host>] [--since 3h] [--channel]', does: 'the story so far: measurements, findings, changes' },
    { form: '… --person <name>', does: 'asked by one person, by the name that the policy gives' },
    { form: '… --since 2h', does: 'of the last minutes, hours or days' },
  ],
  examples: ['/changes', '/changes web-1', '/changes all --since 7d', '/changes all --person ada'],
};

const ID = /^[a-z0-9]{16}$/;

const parse = (text: string): Parsed<ChangesArgs> => {
  if (isTimeline(text)) {
    const read = parseTimeline(text);
    return read.ok ? { ok: true, args: { timeline: read.args } } : read;
  }
  const line = readCommandLine(text, { valued: ['person', 'since'] });
  if (!line.ok) return line;
  if (line.help) return { ok: false };
  const [word, ...rest] = line.words;
  const slip = word === undefined ? undefined : slipOf(word, ['timeline']);
  if (slip !== undefined)
    return { ok: false, wrong: `There is no “${word?.slice(0, 40)}” here. Did you mean: /changes ${slip}` };
  if (rest.length > 0) return { ok: false, wrong: 'Name one host, one id, or all.' };
  const since = line.values.get('since');
  const sinceSeconds = since === undefined ? undefined : readSpan(since);
  if (since !== undefined && sinceSeconds === undefined)
    return { ok: false, wrong: `“${since.slice(0, 40)}” is no time: write 90s, 30m, 2h or 7d.` };
  const person = line.values.get('person')?.replace(/^@/, '');
  const named = word !== undefined && word !== 'all' && word !== 'open';
  if (named && ID.test(word)) return { ok: true, args: { id: word } };
  return {
    ok: true,
    args: {
      asked: {
        // Who names a host, a person or a time wants what was, too.
        ...(word === 'all' || (word !== 'open' && (named || person !== undefined || since !== undefined))
          ? { all: true }
          : {}),
        ...(named ? { host: word } : {}),
        ...(person === undefined ? {} : { person }),
        ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
      },
    },
  };
};

const none = () =>
  problemMessage({
    what: 'This bot was started without a place to keep changes.',
    safe: 'Nothing was changed.',
    next: 'Ask whoever runs it.',
  });

const run = async (desk: Desk, args: ChangesArgs): Promise<void> => {
  if ('timeline' in args) return runTimeline(desk, args.timeline);
  const { changes } = desk;
  if (changes === undefined) return desk.whisper(none());
  if (!('id' in args)) return desk.whisper(await changes.list(args.asked));
  await desk.whisper((await changes.waves.show(args.id)) ?? (await changes.show(args.id)));
};

const show = async (desk: Desk, shown: Shown): Promise<void> => {
  if (shown === undefined) return;
  if ('modal' in shown) await desk.openModal(shown.modal);
  else await desk.whisper(shown.whisper, shown.at);
};

const outdated = () =>
  problemMessage({
    what: 'This button points nowhere: it is from another version of the bot.',
    next: 'See what is open with /changes.',
  });

/** What a button of a change's message names: ids alone; everything else is loaded anew. */
const refOf = (value: string | undefined): ChangeRef | undefined => {
  const ref = decodeRef(value);
  return ref?.change === undefined ? undefined : { change: ref.change, digest: ref.digest ?? '' };
};

const onChange =
  (act: (desk: Desk, changes: ChangeDesk, ref: ChangeRef) => Promise<void>): ClickHandler =>
  async (desk, click) => {
    const ref = refOf(click.value);
    if (desk.changes === undefined) return desk.whisper(none());
    if (ref === undefined) return desk.whisper(outdated());
    await act(desk, desk.changes, ref);
  };

/** A modal's own note of what it is about. */
const noteOf = (metadata: string): (ChangeRef & { at?: string }) | undefined => {
  try {
    const read = JSON.parse(metadata) as { change?: unknown; digest?: unknown; at?: unknown };
    const { change, digest, at } = read;
    if (typeof change !== 'string' || !/^[a-z0-9]{8,40}$/.test(change) || typeof digest !== 'string') return undefined;
    return { change, digest, ...(typeof at === 'string' ? { at } : {}) };
  } catch {
    return undefined;
  }
};

const entered = (values: Readonly<Record<string, string | readonly string[]>>, name: string): string => {
  const value = values[name];
  return typeof value === 'string' ? value : '';
};

const reasonProblem = (values: Readonly<Record<string, string | readonly string[]>>): string | undefined => {
  const reason = entered(values, INPUTS.reason).trim();
  return reason === '' || reason.length > REASON_CHARACTERS_MAX
    ? `A reason of 1 to ${REASON_CHARACTERS_MAX} characters is needed.`
    : undefined;
};

const withReason = (run: ViewHandler['run']): ViewHandler => ({
  check: ({ values }) => {
    const problem = reasonProblem(values);
    return problem === undefined ? undefined : { [INPUTS.reason]: problem };
  },
  run,
});

export const command: Command<ChangesArgs> = {
  name: 'changes',
  summary: 'Changes of settings: what is open, what was, and one with its history',
  hint: '[timeline | all | <host> | <id>] [--person <name>] [--since 2h]',
  usage,
  parse,
  run,
  actions: {
    ...waveActions,
    [ACTIONS.postTimeline]: postTimeline,
    [ACTIONS.changeApprove]: onChange(async (desk, changes, ref) => show(desk, await changes.approve(ref))),
    [ACTIONS.changeDeny]: onChange(async (desk, changes, ref) => show(desk, await changes.deny(ref))),
    [ACTIONS.changeGlass]: onChange(async (desk, changes, ref) => show(desk, await changes.breakGlass(ref))),
    [ACTIONS.changeConfirm]: onChange(async (desk, changes, ref) => show(desk, await changes.confirm(ref))),
    [ACTIONS.changeRevert]: onChange(async (desk, changes, ref) => show(desk, await changes.revert(ref))),
    [ACTIONS.changeReview]: onChange(async (desk, changes, ref) => show(desk, await changes.review(ref))),
    [ACTIONS.changeWho]: onChange(async (desk, changes, ref) => desk.whisper(await changes.whoCan(ref))),
    [ACTIONS.changeShow]: onChange(async (desk, changes, { change }) => desk.whisper(await changes.show(change))),
    [ACTIONS.changeDryRun]: onChange(async (desk, changes, ref) =>
      desk.openModal(readingModal({ name: 'Dry run' }, 'asking the host'), () => changes.dryRun(ref)),
    ),
    [ACTIONS.changeUndo]: onChange(async (desk, changes, ref) =>
      desk.openModal(readingModal({ name: 'Undo' }), () => changes.draftUndo(ref)),
    ),
  },
  views: {
    ...waveViews,
    [VIEWS.propose]: withReason(async (desk, { privateMetadata, values }) => {
      const { draft } = JSON.parse(privateMetadata) as { draft?: unknown };
      if (desk.changes === undefined || typeof draft !== 'string') return desk.whisper(outdated());
      const windowSeconds = Number(entered(values, INPUTS.window));
      const persistent = entered(values, INPUTS.persist) === 'persistent';
      await show(
        desk,
        await desk.changes.propose(draft, { reason: entered(values, INPUTS.reason), windowSeconds, persistent }),
      );
    }),
    [VIEWS.deny]: withReason(async (desk, { privateMetadata, values }) => {
      const note = noteOf(privateMetadata);
      if (desk.changes === undefined || note === undefined) return desk.whisper(outdated());
      await show(desk, await desk.changes.deny(note, entered(values, INPUTS.reason).trim(), note.at));
    }),
    [VIEWS.glass]: withReason(async (desk, { privateMetadata, values }) => {
      const note = noteOf(privateMetadata);
      if (desk.changes === undefined || note === undefined) return desk.whisper(outdated());
      const reason = entered(values, INPUTS.reason).trim();
      const code = entered(values, INPUTS.code);
      await show(desk, await desk.changes.breakGlass(note, { reason, ...(code === '' ? {} : { code }) }, note.at));
    }),
    [VIEWS.code]: {
      check: ({ values }) =>
        /^\d{3}\s?\d{3}$/.test(entered(values, INPUTS.code).trim())
          ? undefined
          : { [INPUTS.code]: 'Six digits, as the authenticator shows them.' },
      run: async (desk, { privateMetadata, values }) => {
        const note = noteOf(privateMetadata);
        if (desk.changes === undefined || note === undefined) return desk.whisper(outdated());
        await show(desk, await desk.changes.approve(note, entered(values, INPUTS.code), note.at));
      },
    },
  },
};
