/**
 * Sixty hosts behind real SSH, asked by what answers `/tcpstates @web`: a tenth frozen, a tenth refusing, a tenth with other host
 * keys than are pinned, a tenth that drops in the middle of its answer. The answer comes in its time, names each with its cause,
 * and the rest are right. Six of the hosts are real sshd; the others are ssh2's servers, in this process.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Fleets } from '../../src/app/fleet.js';
import { HOSTS_AT_ONCE } from '../../src/app/fleet-places.js';
import { wallClockMs } from '../../src/app/fleet-run.js';
import { Investigations } from '../../src/app/investigate.js';
import { fleetMessage } from '../../src/blocks/fleet.js';
import { systemClock } from '../../src/bot.js';
import { viewFleet } from '../../src/core/fleet.js';
import { numbersOf } from '../../src/core/fleet-numbers.js';
import type { Host } from '../../src/core/inventory.js';
import { stateScript } from '../../src/core/probe-script.js';
import { parseTranscript } from '../../src/core/transcript.js';
import { replayState } from '../../src/lab/recordings.js';
import { startLabServer } from '../../src/lab/server.js';
import type { Transport } from '../../src/ports/transport.js';
import { loadRules } from '../../src/rules.js';
import { createTransport } from '../../src/ssh/transport.js';
import { countingIds, keepingLog, wordsOf } from '../support/bot-fakes.js';
import { recorded } from '../support/bot-workspace.js';
import { describeNeeding } from '../support/needs.js';
import { signalOne } from '../support/signal-one.js';
import { hostOf, socketServer, sshServer } from './ssh2-server.js';
import { freePort, hostAt, type RunningSshd, Scratch, startSshd } from './sshd.js';

jest.setTimeout(90_000);
const text = recorded('c01');
const rules = await loadRules();
const workerUrl = new URL('./worker-from-source.mjs', import.meta.url);
const TENTH = 6;
/** a real probe takes two seconds between its counters, and this machine may be busy */
const limits = { connectTimeoutMs: 2_000, totalTimeoutMs: 9_000, outputBytesMax: 1_000_000 };

let scratch: Scratch;
let key: { path: string; publicLine: string };
const ends: (() => unknown)[] = [];

beforeAll(() => {
  scratch = new Scratch();
  key = scratch.key();
});
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  scratch.remove();
});

const named = (host: Host, name: string): Host => ({ ...host, name, groups: ['web'], limits });

const good = async (name: string): Promise<Host> => {
  const hostKey = scratch.key();
  const server = await startLabServer({
    hostKey: readFileSync(hostKey.path, 'utf8'),
    clientKey: key.publicLine,
    user: 'tcpstates',
    respond: () => replayState(text, name, 0),
  });
  ends.push(() => server.close());
  const pinned = { hostKeys: { kind: 'pinned' as const, keys: [hostKey.publicLine] }, user: 'tcpstates' };
  return named(hostAt(server.port, { ...pinned, identity: [{ kind: 'file', path: key.path }] }), name);
};

const real = async (name: string): Promise<{ host: Host; sshd: RunningSshd }> => {
  const sshd = await startSshd(scratch, [key.publicLine]);
  ends.push(() => sshd.stop());
  const hostKeys = { kind: 'pinned' as const, keys: sshd.hostKeys };
  return { host: named(hostAt(sshd.port, { hostKeys, identity: [{ kind: 'file', path: key.path }] }), name), sshd };
};

const setUp = (hosts: readonly Host[]) => {
  const transport: Transport = createTransport({ hosts, workerUrl });
  ends.push(() => transport.close(0));
  const investigations = new Investigations({
    transport,
    clock: systemClock,
    ids: countingIds(),
    log: keepingLog().log,
    rules,
    scripts: { state: stateScript, sysctl: stateScript },
    parse: { state: parseTranscript, sysctl: () => ({ values: {} }) },
  });
  return { investigations, fleets: new Fleets({ investigations, clock: systemClock, ids: countingIds(), rules }) };
};

describeNeeding(['sshd', 'ss'], 'sixty hosts of which four tenths are in trouble', () => {
  test('the answer comes within its wall clock, names each with its cause, and the rest are right', async () => {
    const faults: Record<'frozen' | 'refused' | 'host-key-changed' | 'dropped', Host[]> = {
      frozen: [],
      refused: [],
      'host-key-changed': [],
      dropped: [],
    };
    const wrongKey = scratch.key();
    for (let at = 0; at < TENTH; at++) {
      // Frozen in three places: before the first word, behind the login, and sshd stopped as a whole.
      const frozen = `frozen-${at}`;
      if (at % 3 === 0) {
        const server = await socketServer(() => undefined);
        ends.push(server.stop);
        faults.frozen.push(named(hostOf(server, scratch), frozen));
      } else if (at % 3 === 1) {
        const server = await sshServer({ exec: () => undefined });
        ends.push(server.stop);
        faults.frozen.push(named(hostOf(server, scratch), frozen));
      } else {
        const { host, sshd } = await real(frozen);
        signalOne(sshd.pid, 'SIGSTOP');
        faults.frozen.push(host);
      }
      const hostKeys = { kind: 'pinned' as const, keys: [wrongKey.publicLine] };
      const identity = [{ kind: 'file' as const, path: key.path }];
      faults.refused.push(named(hostAt(await freePort(), { hostKeys, identity }), `refused-${at}`));
      faults['host-key-changed'].push({ ...(await good(`changed-${at}`)), hostKeys });
      // Each drops at another place of its answer, the first before any of it.
      const dropping = await sshServer({
        exec: (channel) =>
          channel.write(text.slice(0, Math.floor((text.length * at) / TENTH)) || '\n', () => {
            setTimeout(() => dropping.stop(), 20);
          }),
      });
      ends.push(dropping.stop);
      faults.dropped.push(named(hostOf(dropping, scratch), `dropped-${at}`));
    }
    const right: Host[] = [];
    for (let at = 0; at < 32; at++) right.push(await good(`web-${at}`));
    const reals = await Promise.all(['real-1', 'real-2', 'real-3', 'real-4'].map(real));
    // In an order in which trouble and health take turns.
    const trouble = Object.values(faults).flat();
    const healthy = [...right, ...reals.map(({ host }) => host)];
    const hosts = healthy.flatMap((host, at) => [host, ...(trouble[at] === undefined ? [] : [trouble[at]])]);
    expect(hosts).toHaveLength(60);

    const { fleets } = setUp(hosts);
    const fleet = await fleets.measure('f1', hosts, ({ groups }) => groups);
    expect(fleet.overTime).toBe(false);
    expect(fleet.tookMs).toBeLessThan(wallClockMs(hosts, HOSTS_AT_ONCE));

    const byName = new Map(fleet.members.map((member) => [member.host, member]));
    const problemsOf = (some: readonly Host[]) =>
      some.map(({ name }) => {
        const member = byName.get(name);
        return member?.status === 'failed' ? member.problem : `${member?.status}`;
      });
    for (const problem of problemsOf(faults.frozen))
      expect(['login-timed-out', 'no-answer', 'wall-clock', 'connect-timed-out']).toContain(problem);
    expect(new Set(problemsOf(faults.refused))).toEqual(new Set(['refused']));
    expect(new Set(problemsOf(faults['host-key-changed']))).toEqual(new Set(['host-key-changed']));
    for (const problem of problemsOf(faults.dropped)) expect(['dropped', 'cut-off']).toContain(problem);

    // What the recording itself says, read without a fleet or a network.
    const about = { host: 'web', measuredAt: fleet.startedAt, tookMs: 0 };
    const expected = numbersOf(parseTranscript(replayState(text, 'web', 0), about), undefined);
    expect(Object.keys(expected).length).toBeGreaterThan(3);
    for (const { name } of right) expect(byName.get(name)).toMatchObject({ status: 'measured', numbers: expected });
    for (const { host } of reals) expect(byName.get(host.name)).toMatchObject({ status: 'measured' });

    const view = viewFleet(fleet.members);
    expect([view.asked, view.answered]).toEqual([60, 36]);
    const said = wordsOf(
      fleetMessage({ selector: '@web', view, rules, startedAt: fleet.startedAt, tookMs: fleet.tookMs }),
    );
    expect(said).toContain('24 hosts gave no answer');
    for (const { name } of trouble) expect(said).toContain(name);
    expect(said).toMatch(/its host key CHANGED/);
  });
});

describe('a host under a sweep', () => {
  describeNeeding(['sshd', 'ss'], 'behind a real sshd', () => {
    test('the second round takes neither a login nor a session; the last one ends the shell', async () => {
      const { host, sshd } = await real('web-1');
      const { fleets, investigations } = setUp([host]);
      const logged = (what: RegExp): number => sshd.log().match(what)?.length ?? 0;
      const measured = async (): Promise<boolean | undefined> =>
        (await fleets.each([host], ({ status }) => status === 'measured')).get('web-1');
      investigations.keepOpen('sweep web', [host]);
      for (let round = 0; round < 3; round++) expect(await measured()).toBe(true);
      expect([logged(/Accepted publickey/g), logged(/Starting session/g)]).toEqual([1, 1]);
      // A second sweep still names it: the shell stays.
      investigations.keepOpen('watches', [host]);
      investigations.keepOpen('sweep web', []);
      expect(await measured()).toBe(true);
      expect(logged(/Starting session/g)).toBe(1);
      investigations.keepOpen('watches', []);
      for (let tries = 0; tries < 200 && logged(/Close session/g) === 0; tries++) await systemClock.sleep(25);
      expect(logged(/Close session/g)).toBe(1);
      expect(await measured()).toBe(true);
      expect([logged(/Accepted publickey/g), logged(/Starting session/g)]).toEqual([1, 2]);
    });
  });
});
