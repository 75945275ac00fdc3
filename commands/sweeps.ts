/** `/sweeps`: what is measured on a schedule, and which alerts are open; Acknowledge and Silence of an alert. */
import { ACTIONS, decodeRef } from '../src/blocks/actions.js';
import { problemMessage, type Usage } from '../src/blocks/notices.js';
import { sweepsMessage } from '../src/blocks/sweep.js';
import type { ClickHandler, Command, Parsed } from '../src/command.js';
import { readCommandLine } from '../src/core/command-line.js';

const usage: Usage = {
  command: '/sweeps',
  forms: [{ form: '', does: 'what is measured on a schedule, when it was last, and which alerts are open' }],
  examples: ['/sweeps'],
};

const parse = (text: string): Parsed<Record<string, never>> => {
  const line = readCommandLine(text);
  if (!line.ok) return line;
  if (line.help) return { ok: false };
  return line.words.length > 0 ? { ok: false, wrong: '/sweeps takes no words.' } : { ok: true, args: {} };
};

const gone = problemMessage({ what: 'This alert is over: it has cleared, or its sweep is gone.' });
const SILENCE_MINUTES = 60;

const acknowledge: ClickHandler = async (desk, click) => {
  const alert = decodeRef(click.value)?.alert;
  const how = alert === undefined ? 'gone' : ((await desk.sweeps?.acknowledge(alert)) ?? 'gone');
  if (how === 'gone') return desk.whisper(gone);
  if (how === 'already')
    return desk.whisper(problemMessage({ what: 'Somebody was first: it is acknowledged already.' }));
};

const silence: ClickHandler = async (desk, click) => {
  const alert = decodeRef(click.value)?.alert;
  if (alert === undefined || (await desk.sweeps?.silence(alert, SILENCE_MINUTES)) !== 'done') await desk.whisper(gone);
};

export const command: Command<Record<string, never>> = {
  name: 'sweeps',
  summary: 'What is measured on a schedule, and which alerts are open',
  hint: '[help]',
  usage,
  parse,
  run: async (desk) => desk.whisper(sweepsMessage((await desk.sweeps?.list()) ?? [], desk.rules)),
  actions: { [ACTIONS.sweepAcknowledge]: acknowledge, [ACTIONS.sweepSilence]: silence },
};
