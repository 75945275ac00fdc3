/**
 * One of the clients that run on Node, in a process of its own so that its CPU time and memory are its own. Told what to do in
 * one message, tells what it took in another.
 */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Client } from 'ssh2';
import type { Host } from '../src/core/inventory.js';
import { createTransport } from '../src/ssh/transport.js';
import { COUNTS, QUESTION, SCRIPT } from './fleet.js';

export interface Order {
  client: 'tcpstates' | 'ssh2';
  hosts: readonly Host[];
  /** hosts at once; tcpstates gets all of them and holds back by itself */
  atOnce: number;
  rounds: number;
}

export interface Phase {
  wallMs: number;
  cpuMs: number;
  /** milliseconds for each host, sorted */
  hostMs: readonly number[];
  loopDelayMaxMs: number;
}

export interface Report {
  phases: Readonly<Record<string, Phase>>;
  idleMb: number;
}

type Ask = (host: Host) => Promise<void>;

const measured = async (hosts: readonly Host[], atOnce: number, ask: Ask): Promise<Phase> => {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const hostMs: number[] = [];
  const queue = [...hosts];
  delay.enable();
  const before = process.cpuUsage();
  const startMs = performance.now();
  await Promise.all(
    Array.from({ length: Math.min(atOnce, hosts.length) }, async () => {
      for (let host = queue.shift(); host !== undefined; host = queue.shift()) {
        const askedMs = performance.now();
        await ask(host);
        hostMs.push(performance.now() - askedMs);
      }
    }),
  );
  const wallMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return {
    wallMs,
    cpuMs: (user + system) / 1_000,
    hostMs: hostMs.sort((a, b) => a - b),
    loopDelayMaxMs: delay.max / 1e6,
  };
};

/** One host: logins one after the other by a program that has been up for a while, as both are used. */
const LOGINS_OF_ONE = 48;
const LOGINS_BEFORE = 40;
/** The same for many hosts: logins before the ones that count, a pass over the fleet at least. */
const LOGINS_OF_MANY_BEFORE = 400;

const oneByOne = async (host: Host, ask: Ask): Promise<Phase> => {
  const after: Phase[] = [];
  for (let login = 0; login < LOGINS_OF_ONE; login += 1) {
    const phase = await measured([host], 1, ask);
    if (login >= LOGINS_BEFORE) after.push(phase);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const middle = (of: (phase: Phase) => number): number =>
    after.map(of).sort((a, b) => a - b)[Math.floor(after.length / 2)] ?? Number.NaN;
  return {
    wallMs: middle(({ wallMs }) => wallMs),
    cpuMs: middle(({ cpuMs }) => cpuMs),
    hostMs: after.flatMap(({ hostMs }) => hostMs).sort((a, b) => a - b),
    loopDelayMaxMs: middle(({ loopDelayMaxMs }) => loopDelayMaxMs),
  };
};

/** What is asked again and again, by connections that stand: the pass in the middle of so many. */
const WARM_PASSES = 5;

const again = async (hosts: readonly Host[], atOnce: number, ask: Ask): Promise<Phase> => {
  const passes: Phase[] = [];
  for (let pass = 0; pass < WARM_PASSES; pass += 1) passes.push(await measured(hosts, atOnce, ask));
  return passes.sort((a, b) => a.wallMs - b.wallMs)[Math.floor(WARM_PASSES / 2)] as Phase;
};

const passesBefore = (hosts: readonly Host[]): number =>
  hosts.length === 1 ? 0 : Math.ceil(LOGINS_OF_MANY_BEFORE / hosts.length);

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_000));
/** Nobody asked for so long: V8 gives back what the questions took only after some eight seconds of rest. */
const atRest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 12_000));

const ours = async ({ hosts, rounds }: Order): Promise<Report> => {
  const [first] = hosts;
  let alone: Phase | undefined;
  if (hosts.length === 1 && first !== undefined) {
    const cold = createTransport({ hosts, pool: { idleMs: 0 } });
    alone = await oneByOne(first, async (host) => {
      const answer = await cold.ask(host, SCRIPT);
      if (answer.status !== 'ok') throw new Error(`${answer.failure.message} ${answer.failure.detail ?? ''}`);
    });
    await cold.close(1_000);
  }
  const transport = createTransport({ hosts });
  const asked =
    (script: typeof SCRIPT, keepOpen: boolean): Ask =>
    async (host) => {
      const answer = await transport.ask(host, script, { keepOpen });
      if (answer.status !== 'ok') throw new Error(`${answer.failure.message} ${answer.failure.detail ?? ''}`);
    };
  const phases: Record<string, Phase> = {};
  // The thread starts with the program, not with a question; and the program has been up for a while when it is asked.
  for (let pass = 0; pass < passesBefore(hosts); pass += 1) {
    await measured(hosts, hosts.length, asked(SCRIPT, false));
    transport.inventoryChanged([]);
    await settled();
    transport.inventoryChanged(hosts);
  }
  transport.inventoryChanged(hosts);
  await settled();
  const together = await measured(hosts, hosts.length, asked(SCRIPT, false));
  phases['cold'] = alone ?? together;
  if (rounds > 0) {
    phases['warm, a session each'] = await again(hosts, hosts.length, asked(SCRIPT, false));
    await measured(hosts, hosts.length, asked(SCRIPT, true));
    phases['warm, kept session'] = await again(hosts, hosts.length, asked(SCRIPT, true));
    await measured(hosts, hosts.length, asked(COUNTS, true));
    phases['warm, counts alone, kept session'] = await again(hosts, hosts.length, asked(COUNTS, true));
  }
  if (rounds > 0) await atRest();
  const idleMb = process.memoryUsage.rss() / 1e6;
  await transport.close(1_000);
  return { phases, idleMb };
};

/** ssh2 as its README uses it. */
const stock = async ({ hosts, atOnce, rounds }: Order): Promise<Report> => {
  // Not in our client's process, where a thread has it.
  const { default: ssh2 } = await import('ssh2');
  const clients = new Map<string, Client>();
  const connect = (host: Host): Promise<Client> =>
    new Promise((resolve, reject) => {
      const client = new ssh2.Client();
      const [identity] = host.identity;
      client.on('ready', () => resolve(client)).on('error', reject);
      client.connect({
        host: host.address,
        port: host.port,
        username: host.user,
        ...(identity?.kind === 'file' ? { privateKey: readFileSync(identity.path) } : {}),
        readyTimeout: 120_000,
      });
      clients.set(host.name, client);
    });
  const run = (client: Client): Promise<void> =>
    new Promise((resolve, reject) => {
      client.exec(QUESTION, (error, channel) => {
        if (error) return reject(error);
        let text = '';
        channel.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        channel.stderr.resume();
        channel.on('close', () => (text.endsWith('@@end\n') ? resolve() : reject(new Error('cut off'))));
      });
    });
  const phases: Record<string, Phase> = {};
  const cold: Ask = async (host) => {
    clients.get(host.name)?.end();
    await run(await connect(host));
  };
  const [first] = hosts;
  for (let pass = 0; pass < passesBefore(hosts); pass += 1) {
    await measured(hosts, atOnce, cold);
    await settled();
  }
  phases['cold'] =
    hosts.length === 1 && first !== undefined ? await oneByOne(first, cold) : await measured(hosts, atOnce, cold);
  if (rounds > 0)
    phases['warm, a session each'] = await again(hosts, atOnce, async (host) => {
      const client = clients.get(host.name);
      if (client !== undefined) await run(client);
    });
  if (rounds > 0) await atRest();
  const idleMb = process.memoryUsage.rss() / 1e6;
  for (const client of clients.values()) client.end();
  return { phases, idleMb };
};

process.once('message', async (order: Order) => {
  try {
    process.send?.(await (order.client === 'tcpstates' ? ours(order) : stock(order)));
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : 'failed' });
  }
  process.disconnect();
  process.exit();
});
