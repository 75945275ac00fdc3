/** What every transport promises to those who stand on it. Run against the real one and against the fake that tests use. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Host } from '../../src/core/inventory.js';
import type { Script } from '../../src/core/script.js';
import type { Transport } from '../../src/ports/transport.js';

export const HELLO: Script = { id: 'ping', text: 'echo hello\necho @@end', closingLine: '@@end', expectedMs: 50 };
/** ends without its closing line */
export const CUT: Script = { id: 'sysctl', text: 'echo hello\nexit 0', closingLine: '@@end', expectedMs: 50 };
/** takes longer than any test waits */
export const SLOW: Script = { id: 'state', text: 'sleep 20\necho @@end', closingLine: '@@end', expectedMs: 50 };

export interface Subject {
  transport: Transport;
  /** answers HELLO with `hello`, CUT with `hello` and no closing line */
  good: Host;
  /** as `good`, with nothing in time for SLOW */
  slow: Host;
  /** refuses connections */
  refusing: Host;
  stop(): void | Promise<void>;
}

export const transportContract = (name: string, make: () => Promise<Subject>): void => {
  describe(`${name} keeps the contract of a transport`, () => {
    let subject: Subject;
    beforeAll(async () => {
      subject = await make();
    });
    afterAll(async () => {
      await subject.transport.close(0);
      await subject.stop();
    });

    test('an answer is the whole text up to its closing line, with what it took', async () => {
      const answer = await subject.transport.ask(subject.good, HELLO);
      expect(answer).toMatchObject({ status: 'ok', transcript: { text: 'hello\n@@end', exitCode: 0 } });
      if (answer.status === 'ok') expect(answer.transcript.tookMs).toBeGreaterThanOrEqual(0);
    });

    test('a text without its closing line is no answer', async () => {
      const answer = await subject.transport.ask(subject.good, CUT);
      expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'cut-off' } });
    });

    test('what a network does is told, never thrown, and names the host', async () => {
      const answer = await subject.transport.ask(subject.refusing, HELLO);
      expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'refused' } });
      if (answer.status === 'failed') expect(answer.failure.message).toContain(subject.refusing.name);
      expect(await subject.transport.scan(subject.refusing)).toMatchObject({ failure: { problem: 'refused' } });
      const report = await subject.transport.check(subject.refusing);
      expect(report.failure?.problem).toBe('refused');
      expect(report.steps.map(({ status }) => status)).toEqual([
        'ok',
        'failed',
        'not tried',
        'not tried',
        'not tried',
        'not tried',
      ]);
    });

    test('the wall clock ends an ask', async () => {
      const answer = await subject.transport.ask(subject.slow, SLOW, { timeoutMs: 1_500 });
      expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'no-answer' } });
    });

    test('a signal ends an ask, before it began or while it runs', async () => {
      const before = await subject.transport.ask(subject.good, HELLO, { signal: AbortSignal.abort() });
      expect(before).toMatchObject({ status: 'failed', failure: { problem: 'cancelled' } });
      const cancel = new AbortController();
      const running = subject.transport.ask(subject.slow, SLOW, { signal: cancel.signal });
      setTimeout(() => cancel.abort(), 100);
      expect(await running).toMatchObject({ status: 'failed', failure: { problem: 'cancelled' } });
    });

    test('a gate request to a host without a change account is never sent', async () => {
      expect(await subject.transport.gate(subject.good, 'status abcdefgh')).toMatchObject({ status: 'failed' });
    });

    test('closed, it begins nothing new', async () => {
      await subject.transport.close(0);
      const answer = await subject.transport.ask(subject.good, HELLO);
      expect(answer).toMatchObject({ status: 'failed', failure: { problem: 'shutting-down' } });
    });
  });
};
