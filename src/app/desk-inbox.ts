/**
 * Takes in what people send: notes it, lets the acknowledgements of everybody else go first, then checks who it is and has the
 * command do its work. What was noted and not answered when the program ended is asked again at its next start.
 */
import { setMaxListeners } from 'node:events';
import { ACTIONS, actionOf } from '../blocks/actions.js';
import { type Usage, usageMessage } from '../blocks/notices.js';
import { busy, failed, flooded, outdated, slipped, tooLate } from '../blocks/unanswered.js';
import type { ClickHandler, Command, Desk, ShortcutHandler, ViewHandler } from '../command.js';
import { type Caller, personKey } from '../core/caller.js';
import { slipOf } from '../core/command-line.js';
import type { Subject } from '../core/policy.js';
import { ChatError, type Posted } from '../ports/chat.js';
import type { Click, Delivery, Inbox, Mention, Question, Shortcut, Submission } from '../ports/inbox.js';
import type { People } from '../ports/people.js';
import { CalmQueue } from './calm-queue.js';
import { type DeskParts, type LeftBehind, makeDesk } from './desk.js';
import { type Allow, refuseEntry } from './desk-access.js';
import { Flood, type FloodLimits } from './flood.js';

/** what is older is not asked again: the incident has moved on */
const AGAIN_WITHIN_MS = 15 * 60_000;

export interface InboxOptions extends DeskParts {
  commands: ReadonlyMap<string, Command>;
  people: People;
  allow: Allow;
  /** questions a minute that one person, and one channel, may ask */
  flood?: FloodLimits;
  /** the command that a mention means when it names none */
  mainCommand: string;
  /** after each question; with the first of its answers that others see */
  greet?: (desk: Desk, answer: Posted | undefined) => Promise<void>;
  /** who somebody is to the policy; `acts`: looked up afresh, because what follows may change something */
  subjectOf?: (caller: Caller, acts: boolean) => Promise<Subject>;
}

interface Errand {
  delivery: Delivery;
  /** fields of the log */
  about: { command?: string; action?: string };
  run: (desk: Desk) => Promise<void>;
  click?: Click;
  left?: LeftBehind;
  /** its first answer that others see */
  stands?: Posted;
  /** typed, mentioned or picked: a channel may be new to the bot */
  question?: boolean;
}

const byId = <T>(parts: readonly (Readonly<Record<string, T>> | undefined)[]): ReadonlyMap<string, T> => {
  const all = new Map<string, T>();
  for (const part of parts)
    for (const [id, handler] of Object.entries(part ?? {})) {
      if (all.has(id)) throw new Error(`two commands claim “${id}”`);
      all.set(id, handler);
    }
  return all;
};

export class DeskInbox implements Inbox {
  private readonly queue = new CalmQueue<Errand>((errand) => this.carryOut(errand));
  private readonly flood: Flood;
  private readonly stopping = new AbortController();
  private deaf = false;
  private readonly actions: ReadonlyMap<string, ClickHandler>;
  private readonly views: ReadonlyMap<string, ViewHandler>;
  private readonly shortcuts: ReadonlyMap<string, ShortcutHandler>;

  /** @throws where two commands claim the same action, modal or shortcut */
  constructor(private readonly options: InboxOptions) {
    this.flood = new Flood(options.flood);
    const commands = [...options.commands.values()];
    // Every answer that is under way listens for the end.
    setMaxListeners(0, this.stopping.signal);
    this.actions = byId(commands.map(({ actions }) => actions));
    this.views = byId(commands.map(({ views }) => views));
    this.shortcuts = byId(commands.map(({ shortcuts }) => shortcuts));
  }

  asked(question: Question): void {
    const { command, text, caller, id } = question;
    this.note(id, command, text, caller);
    this.take({ delivery: question, about: { command }, question: true, run: (desk) => this.ask(desk, command, text) });
  }

  mentioned(mention: Mention): void {
    const [first = '', ...rest] = mention.text.split(/\s+/);
    const word = first.replace(/^\//, '').toLowerCase();
    const named = this.options.commands.has(word);
    // `@tcpstates sysctll web-1`: the nearest command is meant when more follows and no host is called so.
    const near = rest.length === 0 ? undefined : slipOf(word, [...this.options.commands.keys()]);
    const slip = near !== undefined && !this.options.inventory().hosts.has(first);
    const command = named ? word : this.options.mainCommand;
    const text = named ? rest.join(' ') : mention.text;
    // The answer belongs to the question: in its thread, or in one below it.
    const caller = { ...mention.caller, threadTs: mention.caller.threadTs ?? mention.ts };
    this.note(mention.id, command, text, caller);
    this.take({
      delivery: { ...mention, caller },
      about: { command, action: 'mention' },
      question: true,
      run: (desk) => (slip ? desk.whisper(slipped(word, near, rest.join(' '))) : this.ask(desk, command, text)),
    });
  }

  clicked(click: Click): void {
    const action = actionOf(click.actionId);
    const handler = this.actions.get(action);
    const run = handler ?? ((desk: Desk) => desk.whisper(outdated()));
    this.take({ delivery: click, about: { action }, click, run: (desk) => run(desk, click) });
  }

  submitted(submission: Submission): Readonly<Record<string, string>> | undefined {
    const handler = this.views.get(submission.callbackId);
    try {
      const errors = handler?.check?.(submission);
      if (errors !== undefined && Object.keys(errors).length > 0) return errors;
    } catch (error) {
      this.options.log.error({ action: submission.callbackId, err: error }, 'a modal could not be checked');
      const [block] = Object.keys(submission.values);
      if (block !== undefined) return { [block]: 'This could not be checked: something failed inside the bot.' };
    }
    this.take({
      delivery: submission,
      about: { action: submission.callbackId },
      run: (desk) => handler?.run(desk, submission) ?? desk.whisper(outdated()),
    });
    return undefined;
  }

  usedShortcut(shortcut: Shortcut): void {
    const handler = this.shortcuts.get(shortcut.callbackId);
    this.take({
      delivery: shortcut,
      about: { action: shortcut.callbackId },
      question: true,
      run: (desk) => handler?.run(desk, shortcut) ?? desk.whisper(outdated()),
    });
  }

  openedHome(opened: Delivery): void {
    this.take({ delivery: opened, about: { action: 'home' }, run: (desk) => desk.refreshHome() });
  }

  /** Asks again what an earlier run of the program left unanswered. @returns how many */
  resume(): number {
    const { clock, log, pending } = this.options;
    const left = pending.unsettled();
    for (const { id, command, text, caller, since, posted } of left) {
      const ageMs = clock.now() - since;
      const young = ageMs < AGAIN_WITHIN_MS;
      log.info({ command, channel: caller.channel, ageMs, delivery: id }, young ? 'asked again' : 'too old, settled');
      this.take({
        delivery: { id, caller },
        about: { command, action: 'resume' },
        run: (desk) => (young ? this.ask(desk, command, text) : desk.whisper(tooLate(command, text))),
        ...(posted === undefined ? {} : { left: { posted, taken: false } }),
      });
    }
    return left.length;
  }

  /** Finishes what is under way for `graceMs`; what is not ready then says so and is asked again at the next start. */
  async finish(graceMs: number): Promise<void> {
    this.deaf = true;
    const { clock, investigations, log } = this.options;
    const allDone = this.queue.idle((ms) => clock.sleep(ms));
    if ((await Promise.race([allDone, clock.sleep(graceMs)])) === 'idle') return;
    log.warn({ count: this.queue.size }, 'answers are handed back to the next start');
    this.queue.clear();
    this.stopping.abort();
    investigations.stop();
    await Promise.race([allDone, clock.sleep(3_000)]);
  }

  private note(id: string, command: string, text: string, caller: Caller): void {
    const { clock, log, pending } = this.options;
    try {
      pending.open({ id, command, text, caller, since: clock.now() });
    } catch (error) {
      // A full disk must not keep anybody from an answer.
      log.error({ command, err: error }, 'a question could not be noted: a restart would forget it');
    }
  }

  /** One person or channel must not take the bot from everybody else; stopping, confirming and reverting are never counted. */
  private turnsAwayFlood(errand: Errand): boolean {
    const { delivery, about } = errand;
    const asks = about.action === undefined ? about.command !== undefined : ASKING.has(about.action);
    if (!asks || this.deaf) return false;
    const { caller } = delivery;
    const verdict = this.flood.ask(personKey(caller), caller.channel, this.options.clock.now());
    if (verdict.ok) return false;
    this.options.log.warn(
      { ...about, user: caller.userId, channel: caller.channel, problem: `flood of one ${verdict.who}` },
      'too many questions of one: turned away',
    );
    if (verdict.tell)
      this.deskFor(errand)
        .whisper(flooded(verdict))
        .catch(() => undefined);
    this.settle(errand);
    return true;
  }

  private take(errand: Errand): void {
    if (this.turnsAwayFlood(errand)) return;
    if (!this.deaf && this.queue.add(errand)) return;
    this.options.log.warn({ ...errand.about, count: this.queue.size }, 'too much at once: a question is turned away');
    this.deskFor(errand)
      .whisper(busy())
      .catch(() => undefined);
    this.settle(errand);
  }

  private async carryOut(errand: Errand): Promise<void> {
    const { log, people, allow } = this.options;
    const { delivery, about } = errand;
    const { caller } = delivery;
    const fields = {
      ...about,
      team: caller.teamId,
      user: caller.userId,
      channel: caller.channel,
      delivery: delivery.id,
    };
    const startedMs = this.options.clock.now();
    const desk = this.deskFor(errand);
    try {
      const refusal = await refuseEntry(people, caller, allow);
      if (refusal === undefined) {
        const acts = errand.question !== true && ACTING.test(about.action ?? '');
        const known = this.deskFor(errand, await this.options.subjectOf?.(caller, acts));
        await errand.run(known);
        if (errand.question === true) await this.options.greet?.(known, errand.stands);
      } else {
        log.warn(fields, 'refused');
        await desk.whisper(refusal);
      }
      log.info({ ...fields, tookMs: this.options.clock.now() - startedMs }, 'answered');
    } catch (error) {
      if (error instanceof ChatError)
        log.warn({ ...fields, problem: error.problem, status: error.code }, 'nobody could be told');
      else {
        log.error({ ...fields, err: error }, 'a question failed');
        await desk.whisper(failed(delivery.id)).catch(() => undefined);
      }
    }
    if (this.stopping.signal.aborted) return;
    await this.clearAway(errand.left);
    this.settle(errand);
  }

  /** A message that still says "measuring" and that nobody took over: the question was answered otherwise, or not at all. */
  private async clearAway(left: LeftBehind | undefined): Promise<void> {
    if (left === undefined || left.taken) return;
    await this.options.chat.update(left.posted, tooLate(this.options.mainCommand, '<host>')).catch(() => undefined);
  }

  private settle({ delivery: { id } }: Errand): void {
    try {
      this.options.pending.settle(id);
    } catch (error) {
      this.options.log.error({ delivery: id, err: error }, 'an answer could not be noted as given');
    }
  }

  private deskFor(errand: Errand, subject?: Subject): Desk {
    const { delivery, click, left } = errand;
    const { id, caller, triggerId, responseUrl } = delivery;
    return makeDesk(this.options, {
      id,
      caller,
      stopping: this.stopping.signal,
      stands: (posted) => {
        errand.stands ??= posted;
      },
      ...(subject === undefined ? {} : { subject }),
      ...(triggerId === undefined ? {} : { triggerId }),
      ...(responseUrl === undefined ? {} : { responseUrl }),
      ...(click === undefined ? {} : { click }),
      ...(left === undefined ? {} : { left }),
    });
  }

  private async ask(desk: Desk, name: string, text: string): Promise<void> {
    const command = this.options.commands.get(name);
    if (command === undefined) return desk.whisper(outdated());
    const parsed = command.parse(text);
    if (!parsed.ok) return desk.whisper(usageMessage(forCaller(command.usage, desk), parsed.wrong));
    return command.run(desk, parsed.args);
  }
}

/** Clicks and modals that ask policy for more than a look. */
const ACTING = /^(?:change|wave)-/;

/** Help shows what the caller may do; what they may not would only waste their time at 3 a.m. */
const forCaller = (usage: Usage, desk: Desk): Usage => ({
  ...usage,
  forms: usage.forms.filter(({ needs }) => needs === undefined || desk.may(needs)),
});

/** What asks hosts anew; a resumed question was counted when it was asked. */
const ASKING: ReadonlySet<string> = new Set<string>([
  'mention',
  ACTIONS.refresh,
  ACTIONS.measure,
  ACTIONS.sysctls,
  ACTIONS.refreshSysctls,
  ACTIONS.fleet,
  ACTIONS.drift,
]);
