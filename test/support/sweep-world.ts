/** A sweep of two hosts over a store in memory, with time moved by hand and hosts that are as told. */
import { DueLoop } from '../../src/app/due.js';
import { Sweeps } from '../../src/app/sweep.js';
import type { Investigated } from '../../src/command.js';
import type { Host, Inventory } from '../../src/core/inventory.js';
import { mustSelect } from '../../src/core/policy.js';
import type { Sweep } from '../../src/core/sweep.js';
import { loadRules } from '../../src/rules.js';
import { investigate, snapshotOf } from '../blocks/support/hosts.js';
import { aHost, anInventory, FakeChat, HandClock, keepingLog, settled } from './bot-fakes.js';
import { memoryDisk, memoryStore } from './memory-store.js';

export const rules = await loadRules();
const sick = investigate(snapshotOf('p03-tw'));
const well = investigate(snapshotOf('c01'));
export const sweep: Sweep = {
  name: 'web',
  hosts: 'web-*',
  selector: mustSelect('web-*'),
  everySeconds: 300,
  channel: 'C0INC',
  raiseAfter: 2,
  clearAfter: 2,
  thresholds: {},
};
export const MINUTES_5 = 300_000;

/** `not asked`: it had no turn; `stopped`: the program gave the question up */
export type HostIs = 'sick' | 'well' | 'silent' | 'not asked' | 'stopped';

const answerOf = (host: Host, is: HostIs): Investigated => {
  if (is === 'silent' || is === 'stopped')
    return { status: 'failed', host, failure: { problem: is === 'silent' ? 'refused' : 'shutting-down', message: is } };
  const { snapshot, diagnosis } = is === 'sick' ? sick : well;
  return { status: 'measured', id: 'm1', host, snapshot, diagnosis, transcript: '' };
};

export const setUpSweeps = () => {
  const disk = memoryDisk();
  const store = memoryStore(disk);
  const clock = new HandClock();
  const chat = new FakeChat();
  const { log, lines } = keepingLog();
  const how = new Map<string, HostIs>();
  let rounds = 0;
  const keptOpen = new Map<string, readonly string[]>();
  const hang = { on: false, release: (): void => undefined };
  let swept: readonly Sweep[] = [sweep];
  let inventory: Inventory = anInventory(aHost('web-1'), aHost('web-2'));
  const make = () => {
    const sweeps = new Sweeps({
      store,
      chat,
      clock,
      log,
      rules,
      thresholds: () => ({}),
      inventory: () => inventory,
      sweeps: () => swept,
      actorOf: ({ teamId, userId }) => `${teamId}:${userId}`,
      investigations: {
        keepOpen: (who, hosts) =>
          void keptOpen.set(
            who,
            hosts.map(({ name }) => name),
          ),
      },
      fleets: {
        each: async (hosts, read) => {
          rounds++;
          if (hang.on)
            await new Promise<void>((resolve) => {
              hang.release = resolve;
            });
          const asked = hosts.filter(({ name }) => how.get(name) !== 'not asked');
          return new Map(asked.map((host) => [host.name, read(answerOf(host, how.get(host.name) ?? 'well'))]));
        },
      },
    });
    return { sweeps, loop: new DueLoop({ store, clock, log, handlers: { sweep: (due) => sweeps.due(due) } }) };
  };
  const turn = async (...loops: DueLoop[]): Promise<void> => {
    await clock.advance(MINUTES_5);
    await Promise.all(loops.map((loop) => loop.turn()));
    await settled();
  };
  const sweepOnly = (sweeps: readonly Sweep[]): void => {
    swept = sweeps;
  };
  const register = (...names: readonly string[]): void => {
    inventory = anInventory(...names.map((name) => aHost(name)));
  };
  return {
    disk,
    store,
    clock,
    chat,
    lines,
    how,
    make,
    turn,
    hang,
    keptOpen,
    sweepOnly,
    register,
    rounds: () => rounds,
  };
};
