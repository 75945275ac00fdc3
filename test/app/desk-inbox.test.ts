import { beforeEach, describe, expect, test } from '@jest/globals';
import { DeskInbox } from '../../src/app/desk-inbox.js';
import { Investigations } from '../../src/app/investigate.js';
import { problemMessage } from '../../src/blocks/notices.js';
import { waitingMessage } from '../../src/blocks/waiting.js';
import type { Command, Desk } from '../../src/command.js';
import type { Snapshot } from '../../src/core/snapshot.js';
import { ChatError } from '../../src/ports/chat.js';
import type { PendingAnswer } from '../../src/ports/pending.js';
import {
  aCaller,
  aHost,
  anInventory,
  countingIds,
  FakeChat,
  FakePeople,
  FakeTransport,
  HandClock,
  keepingLog,
  MemoryPending,
  settled,
  wordsOf,
} from '../support/bot-fakes.js';

let chat: FakeChat;
let clock: HandClock;
let people: FakePeople;
let logged: ReturnType<typeof keepingLog>;
let pending: MemoryPending;
/** set to decide what the command's work gives */
let work: (desk: Desk) => Promise<ReturnType<typeof problemMessage>>;
let clicks: string[];

const opening = waitingMessage({ of: 'web-1', doing: 'measuring' });
const result = (what: string) => problemMessage({ what });
const command: Command<string> = {
  name: 'ask',
  summary: 's',
  hint: 'h',
  usage: { command: '/ask', forms: [{ form: '<x>', does: 'asks' }], examples: ['/ask x'] },
  parse: (text) =>
    text === '' ? { ok: false } : text === 'bad' ? { ok: false, wrong: 'Bad.' } : { ok: true, args: text },
  run: async (desk, args) => {
    if (args === 'throw') throw new Error('bug in command');
    await desk.answer(opening, () => work(desk), { private: args.includes('--private') });
  },
  actions: {
    again: async (desk, click) => {
      clicks.push(click.actionId);
      await desk.answer(opening, () => work(desk), { at: 'here', again: { command: 'ask', text: 'x' } });
    },
    'in-thread': async (desk) => void (await desk.answer(opening, () => work(desk), { at: 'thread' })),
  },
  views: {
    form: {
      check: ({ values }) => (values['b'] === 'no' ? { b: 'Not so.' } : undefined),
      run: async (desk) => desk.whisper(result('submitted')),
    },
  },
  shortcuts: {
    pick: { title: 't', description: 'd', on: 'message', run: async (desk) => desk.whisper(result('picked')) },
  },
};

const makeInbox = (commands: ReadonlyMap<string, Command> = new Map([['ask', command]])): DeskInbox => {
  const inventory = anInventory(aHost('web-1'), aHost('web-2'));
  return new DeskInbox({
    chat,
    clock,
    people,
    pending,
    log: logged.log,
    commands,
    mainCommand: 'ask',
    allow: { sharedChannels: false, guests: false },
    rules: new Map(),
    sysctlCatalogue: new Map(),
    inventory: () => inventory,
    inventoryProblem: () => undefined,
    maySee: (_caller, host) => host.name !== 'web-2',
    thresholds: () => ({}),
    investigations: new Investigations({
      transport: new FakeTransport(),
      clock,
      ids: countingIds(),
      log: logged.log,
      rules: new Map(),
      scripts: {
        state: () => ({ id: 'state', text: '', closingLine: '', expectedMs: 1 }),
        sysctl: () => ({ id: 'sysctl', text: '', closingLine: '', expectedMs: 1 }),
      },
      parse: { state: (_text, about) => ({ ...about, readings: {} }) as Snapshot, sysctl: () => ({ values: {} }) },
    }),
  });
};

const question = (text: string, id = 'q1', more = {}) => ({
  id,
  caller: aCaller(),
  command: 'ask',
  text,
  responseUrl: 'https://x/r',
  ...more,
});
const click = (actionId: string, more = {}) => ({
  id: 'c1',
  caller: aCaller(),
  actionId,
  responseUrl: 'https://x/c',
  at: { kind: 'message' as const, posted: { channel: 'C1', ts: '7.7' }, whispered: false },
  ...more,
});

beforeEach(() => {
  chat = new FakeChat();
  clock = new HandClock();
  people = new FakePeople();
  logged = keepingLog();
  pending = new MemoryPending();
  clicks = [];
  work = async () => result('done');
});

describe('a question', () => {
  test('is noted when asked returns, and nothing else was done yet', () => {
    makeInbox().asked(question('x'));
    expect(pending.entries.get('q1')).toMatchObject({ command: 'ask', text: 'x', caller: { userId: 'U1' } });
    expect(chat.sent).toEqual([]);
  });

  test('is answered by one message that is kept current, and then settled', async () => {
    makeInbox().asked(question('x'));
    await settled();
    expect(chat.sent.map(({ how }) => how)).toEqual(['post', 'update']);
    expect(wordsOf([...chat.standing().values()])).toContain('done');
    expect(pending.settledIds).toEqual(['q1']);
  });

  test('of nothing, or of something wrong, is answered to the typist alone with usage and example', async () => {
    const inbox = makeInbox();
    inbox.asked(question(''));
    inbox.asked(question('bad', 'q2'));
    await settled();
    const whispers = chat.of('whisper');
    expect(whispers).toHaveLength(2);
    expect(whispers.map(({ user }) => user)).toEqual(['U1', 'U1']);
    for (const { message } of whispers) expect(wordsOf(message)).toContain('/ask x');
    expect(wordsOf(whispers[1]?.message)).toContain('Bad.');
    expect(chat.of('post')).toEqual([]);
    expect(pending.settledIds).toEqual(['q1', 'q2']);
  });

  test('whose command throws is answered with the id under which the log has the rest', async () => {
    makeInbox().asked(question('throw'));
    await settled();
    expect(wordsOf(chat.of('whisper')[0]?.message)).toContain('q1');
    expect(logged.lines.find(({ level }) => level === 'error')?.fields).toMatchObject({
      delivery: 'q1',
      command: 'ask',
    });
  });

  test('whose work throws leaves no message at "measuring"', async () => {
    work = async () => {
      throw new Error('bug in work');
    };
    makeInbox().asked(question('x'));
    await settled();
    expect(wordsOf([...chat.standing().values()])).toContain('something failed inside the bot');
  });

  test.each(['not-in-channel', 'archived', 'not-allowed'] as const)(
    'in a channel that is %s is answered to the asker alone',
    async (problem) => {
      chat.refuse('post', problem);
      makeInbox().asked(question('x'));
      await settled();
      const words = chat.of('whisper').map(({ message }) => wordsOf(message));
      expect(words[0]).toContain("can't write in this channel");
      expect(words[1]).toContain('done');
    },
  );

  test('whose message somebody deletes meanwhile gets a new one', async () => {
    chat.refuse('update', 'message-gone');
    makeInbox().asked(question('x'));
    await settled();
    expect(chat.of('post').map(({ message }) => message.text)).toEqual([opening.text, 'done']);
  });

  test('in private is answered at once when it is quick, and announced when it is not', async () => {
    const inbox = makeInbox();
    inbox.asked(question('x --private'));
    await settled();
    expect(chat.sent.map(({ how }) => how)).toEqual(['whisper']);
    let answer: (it: ReturnType<typeof result>) => void = () => undefined;
    work = () => new Promise((resolve) => (answer = resolve));
    inbox.asked(question('y --private', 'q2'));
    await settled();
    expect(chat.sent).toHaveLength(1);
    await clock.advance(1_500);
    expect(chat.sent).toHaveLength(2);
    answer(result('late'));
    await settled();
    expect(chat.of('whisper').map(({ message }) => message.text)).toEqual(['done', opening.text, 'late']);
    expect(chat.of('post')).toEqual([]);
  });

  test('is answered although it could not be noted', async () => {
    pending.open = () => {
      throw new Error('disk full');
    };
    makeInbox().asked(question('x'));
    await settled();
    expect(wordsOf([...chat.standing().values()])).toContain('done');
    expect(logged.lines.some(({ level, what }) => level === 'error' && what.includes('could not be noted'))).toBe(true);
  });
});

describe('who asks', () => {
  test.each(['guest', 'external', 'deleted', 'bot'] as const)('a %s is refused, and told why alone', async (kind) => {
    people.standings.set('U1', { kind });
    makeInbox().asked(question('x'));
    await settled();
    expect(chat.sent.map(({ how }) => how)).toEqual(['whisper']);
    expect(wordsOf(chat.of('whisper')[0]?.message)).toContain('not allowed');
  });

  test('one who could not be looked up is refused', async () => {
    people.standings.set('U1', { kind: 'unknown', reason: 'ratelimited' });
    makeInbox().clicked(click('again'));
    await settled();
    expect(clicks).toEqual([]);
    expect(wordsOf(chat.of('whisper')[0]?.message)).toContain('ratelimited');
  });

  test('a channel that others read along, or that can not be seen, gets no answer', async () => {
    people.shared = { shared: true };
    makeInbox().asked(question('x'));
    await settled();
    people.shared = { unknown: 'channel_not_found' };
    makeInbox().asked(question('x', 'q2'));
    await settled();
    expect(chat.sent.map(({ how }) => how)).toEqual(['whisper', 'whisper']);
    expect(wordsOf(chat.of('whisper')[1]?.message)).toContain('/invite @tcpstates');
  });

  test('hosts that the caller may not see are neither found nor counted nor suggested', async () => {
    let found: unknown;
    let listed: unknown;
    work = async (desk) => {
      found = desk.find('web-2');
      listed = desk.inventory();
      return result('x');
    };
    makeInbox().asked(question('x'));
    await settled();
    expect(found).toEqual({ ok: false, term: 'web-2', nearest: ['web-1'] });
    expect(listed).toMatchObject({ hidden: 1, hosts: [{ name: 'web-1' }] });
  });
});

describe('a mention', () => {
  test('is answered in its thread, or in one below it; it may name a command', async () => {
    const inbox = makeInbox();
    const mention = { id: 'm1', caller: aCaller(), text: 'x y', ts: '5.5' };
    inbox.mentioned(mention);
    inbox.mentioned({ ...mention, id: 'm2', text: 'ask x', caller: aCaller({ threadTs: '3.3' }) });
    inbox.mentioned({ ...mention, id: 'm3', text: '/ASK bad' });
    await settled();
    expect(chat.of('post').map(({ place }) => place)).toEqual([
      { channel: 'C1', threadTs: '5.5' },
      { channel: 'C1', threadTs: '3.3' },
    ]);
    expect(chat.of('whisper').map(({ place }) => place.threadTs)).toEqual(['5.5']);
  });
});

describe('a click', () => {
  test('goes to the command that has the action, whichever of several buttons it was', async () => {
    makeInbox().clicked(click('again:3'));
    await settled();
    expect(clicks).toEqual(['again:3']);
    expect(chat.sent.map(({ how }) => how)).toEqual(['update', 'update']);
    expect(wordsOf(chat.standing().get('7.7'))).toContain('done');
    expect(pending.settledIds).toEqual(['c1']);
  });

  test('on a whispered message replaces it', async () => {
    makeInbox().clicked(
      click('again', { at: { kind: 'message', posted: { channel: 'C1', ts: '7.7' }, whispered: true } }),
    );
    await settled();
    expect(chat.of('replace').map(({ responseUrl, message }) => [responseUrl, message.text])).toEqual([
      ['https://x/c', opening.text],
      ['https://x/c', 'done'],
    ]);
  });

  test('may be answered in the thread of its message', async () => {
    makeInbox().clicked(click('in-thread'));
    await settled();
    expect(chat.of('post').map(({ place }) => place)).toEqual([{ channel: 'C1', threadTs: '7.7' }]);
  });

  test('that nobody knows any more is answered to who clicked', async () => {
    makeInbox().clicked(click('gone'));
    await settled();
    expect(wordsOf(chat.of('whisper')[0]?.message)).toContain('older version');
  });

  test('two commands can not claim one action', () => {
    expect(() =>
      makeInbox(
        new Map([
          ['a', command as Command],
          ['b', command as Command],
        ]),
      ),
    ).toThrow('“again”');
  });
});

describe('modals and shortcuts', () => {
  const submission = { id: 's1', caller: aCaller(), callbackId: 'form', privateMetadata: '', viewId: 'V1', values: {} };
  test('a modal that is wrong stays open with the reason, and does nothing', async () => {
    expect(makeInbox().submitted({ ...submission, values: { b: 'no' } })).toEqual({ b: 'Not so.' });
    await settled();
    expect(chat.sent).toEqual([]);
  });
  test('a modal that is right does its work', async () => {
    expect(makeInbox().submitted(submission)).toBeUndefined();
    await settled();
    expect(chat.of('whisper')[0]?.message.text).toBe('submitted');
  });
  test('a shortcut does its work', async () => {
    makeInbox().usedShortcut({ id: 'k', caller: aCaller(), callbackId: 'pick' });
    await settled();
    expect(chat.of('whisper')[0]?.message.text).toBe('picked');
  });
});

describe('the end and the next beginning', () => {
  const left = (more: Partial<PendingAnswer> = {}): PendingAnswer => ({
    id: 'old',
    command: 'ask',
    text: 'x',
    caller: aCaller(),
    since: clock.now() - 60_000,
    posted: { channel: 'C1', ts: '9.9' },
    ...more,
  });

  test('finish waits for what is under way', async () => {
    let answer: (it: ReturnType<typeof result>) => void = () => undefined;
    work = () => new Promise((resolve) => (answer = resolve));
    const inbox = makeInbox();
    inbox.asked(question('x'));
    await settled();
    const finished = inbox.finish(10_000);
    answer(result('just in time'));
    await settled();
    await clock.advance(20);
    await finished;
    expect(wordsOf([...chat.standing().values()])).toContain('just in time');
    expect(pending.settledIds).toEqual(['q1']);
  });

  test('what is not ready in time says so and is left for the next start', async () => {
    work = () => new Promise(() => undefined);
    const inbox = makeInbox();
    inbox.asked(question('x'));
    await settled();
    const finished = inbox.finish(10_000);
    await clock.advance(10_000);
    await clock.advance(1_000);
    await clock.advance(3_000);
    await finished;
    expect(wordsOf([...chat.standing().values()])).toContain('stopped before this was answered');
    expect(pending.settledIds).toEqual([]);
    expect(pending.entries.get('q1')?.posted).toEqual({ channel: 'C1', ts: '1.000001' });
  });

  test('nothing new is begun after finish', async () => {
    const inbox = makeInbox();
    await Promise.all([inbox.finish(0), clock.advance(20)]);
    inbox.asked(question('x'));
    await settled();
    expect(chat.sent.map(({ how }) => how)).toEqual(['whisper']);
  });

  test('a message left at "measuring" is taken over and becomes the answer', async () => {
    pending = new MemoryPending([left()]);
    expect(makeInbox().resume()).toBe(1);
    await settled();
    expect(chat.of('post')).toEqual([]);
    expect(wordsOf(chat.standing().get('9.9'))).toContain('done');
    expect(pending.settledIds).toEqual(['old']);
  });

  test('a question that got no message yet gets one', async () => {
    const { posted: _, ...unposted } = left();
    pending = new MemoryPending([unposted]);
    makeInbox().resume();
    await settled();
    expect(wordsOf([...chat.standing().values()])).toContain('done');
  });

  test.each([
    ['too old', { since: Date.UTC(2026, 10, 22, 11) }],
    ['no longer understood', { text: 'bad' }],
    ['of a command that is gone', { command: 'gone' }],
  ])('a message left at "measuring" that is %s says that it was stopped', async (_why, more) => {
    pending = new MemoryPending([left(more)]);
    makeInbox().resume();
    await settled();
    expect(wordsOf(chat.standing().get('9.9'))).toContain('stopped before this was answered');
    expect(pending.settledIds).toEqual(['old']);
  });

  test('a click is noted with its message, so that a restart finds it', async () => {
    work = () => new Promise(() => undefined);
    makeInbox().clicked(click('again'));
    await settled();
    expect(pending.entries.get('c1')).toMatchObject({
      command: 'ask',
      text: 'x',
      posted: { channel: 'C1', ts: '7.7' },
    });
  });
});

test('nobody to be told is a warning in the log, not the end of the program', async () => {
  chat.refuse('post', 'not-in-channel');
  chat.refuse('whisper', 'not-in-channel');
  makeInbox().asked(question('x'));
  await settled();
  expect(logged.lines.find(({ what }) => what === 'nobody could be told')?.level).toBe('warn');
  expect(new ChatError('archived', 'is_archived').message).toBe('Slack said is_archived (archived)');
});
