import { describe, expect, test } from '@jest/globals';
import { anchorLine, readAnchors } from '../../src/app/audit-anchor.js';
import { auditDue, auditHandler } from '../../src/app/audit-due.js';
import type { Message } from '../../src/blocks/message.js';
import type { AuditEntry } from '../../src/core/audit.js';
import { verifyChain } from '../../src/core/audit.js';
import type { Host } from '../../src/core/inventory.js';
import type { Log } from '../../src/ports/log.js';
import type { GateAnswer } from '../../src/ports/transport.js';
import { sha256 } from '../../src/store/audit.js';
import { validateBlocks } from '../../src/workspace/validate/index.js';
import { memoryDisk, memoryStore } from '../support/memory-store.js';

const said: string[] = [];
const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_, what) => void said.push(what),
  error: (_, what) => void said.push(what),
  with: () => silent,
};
const host = { name: 'web-1', change: { user: 'c', identity: [] } } as unknown as Host;
const draft = (kind: string) => ({ atMs: 1, actor: 'ada', kind, data: {} });

const setUp = (
  answer: GateAnswer = { fields: { lines: '0' }, end: 'ok' },
  syslog: (line: string) => Promise<void> = async () => undefined,
) => {
  said.length = 0;
  const disk = memoryDisk();
  const store = memoryStore(disk);
  const posted: Message[] = [];
  const clock = { now: () => 1_000, sleep: async () => undefined };
  const handle = auditHandler({
    store,
    clock,
    log: silent,
    chat: { post: async (_, message) => ({ channel: 'C1', ts: String(posted.push(message)) }) },
    transport: { gate: async () => ({ status: 'answered', answer }) },
    inventory: { current: () => ({ hosts: new Map([['web-1', host]]), groups: new Map(), revision: '1' }) },
    anchorPlaces: [{ name: 'syslog', tell: syslog }],
    auditChannel: 'C1',
  });
  const due = (kind: string) => {
    const found = auditDue(0).find((each) => each.kind === kind);
    if (found === undefined) throw new Error(kind);
    return found;
  };
  return {
    disk,
    store,
    posted,
    handle,
    anchor: () => handle(due('audit-anchor')),
    compare: () => handle(due('audit-reconcile')),
  };
};

describe('anchoring', () => {
  test('tells the head to every place once, and is due again', async () => {
    const lines: string[] = [];
    const { store, posted, anchor, disk } = setUp(undefined, async (line) => void lines.push(line));
    await anchor();
    expect(lines).toEqual([]);
    const head = await store.audit.append([draft('one')]);
    await anchor();
    await anchor();
    expect(lines).toEqual([anchorLine(head)]);
    expect(posted.map(({ text }) => text)).toEqual([anchorLine(head)]);
    expect(posted.flatMap(({ blocks }) => validateBlocks(blocks as never, 'message'))).toEqual([]);
    expect((await store.audit.anchors()).map(({ place }) => place).sort()).toEqual(['C1', 'syslog']);
    expect(disk.due.get('audit-anchor')?.atMs).toBeGreaterThan(1_000);
  });

  test('a place that fails is tried again, the others hear of it', async () => {
    let fails = true;
    const lines: string[] = [];
    const { store, posted, anchor } = setUp(undefined, async (line) => {
      if (fails) throw new Error('no logger');
      lines.push(line);
    });
    await store.audit.append([draft('one')]);
    await anchor();
    expect([posted.length, lines.length, said]).toEqual([1, 0, ['the audit log could not be anchored there']]);
    fails = false;
    await anchor();
    expect([posted.length, lines.length]).toEqual([1, 1]);
  });

  test('what was told is read back out of any text, and finds a log that was rewritten', async () => {
    const { store, posted, anchor, disk } = setUp();
    await store.audit.append([draft('one'), draft('two')]);
    await anchor();
    const anchors = readAnchors(`<@U1> said:\n${posted[0]?.text} tcpstates audit anchor 7 short`);
    expect(anchors).toEqual([await store.audit.head()]);
    disk.audit.length = 0;
    await store.audit.append([draft('one'), draft('other')]);
    expect(verifyChain(disk.audit as AuditEntry[], anchors, sha256).problems).toEqual([{ kind: 'rewritten', seq: 2 }]);
  });
});

describe('comparing with the log of a host', () => {
  const line = '2026-11-22T12:00:00Z 00000000-0000 applied id=abcdefgh12345678 entry=x';
  test('audits what does not agree, once', async () => {
    const { compare, disk } = setUp({ fields: { lines: '1', log1: line }, end: 'ok' });
    await compare();
    await compare();
    expect(disk.audit.map(({ kind, change, host: name }) => [kind, change, name])).toEqual([
      ['audit.discrepancy', 'abcdefgh12345678', 'web-1'],
    ]);
  });

  test('a host that gives no log is said, and nothing is concluded', async () => {
    const { compare, disk } = setUp({ fields: {}, end: 'denied' });
    await compare();
    expect(disk.audit).toEqual([]);
    expect(said).toEqual(['the log of a host could not be compared']);
  });
});
