/**
 * Hosts for trying out: this very machine, measured for real, and a handful of recordings of hosts in real trouble, each
 * behind a real SSH server on 127.0.0.1. Keys are made anew at every start and are gone afterwards.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host, Inventory } from '../core/inventory.js';
import { newKeyPair } from './keys.js';
import { readRecording, recordedHosts, recordedSysctls, replayState } from './recordings.js';
import { type LabServer, type Responder, startLabServer } from './server.js';

const USER = 'tcpstates';
/** A real probe waits two seconds between its counters; a recording need not, but it should not look instant either. */
const REPLAY_MS = 300;

export interface Lab {
  inventory: Inventory;
  /** what is real and what is not, for people */
  notice: readonly string[];
  close(): Promise<void>;
}

/** The check of a host asks which tools it has: all of them, in a recording. */
const replayTools = (script: string): string => {
  const tools = /for t in ([a-z ]+);/.exec(script)?.[1]?.split(' ') ?? [];
  return [...tools.map((tool) => `tool ${tool}`), /echo (@@[a-z]+)/.exec(script)?.[1] ?? '', ''].join('\n');
};

const responder = (host: string, startedMs: number): Responder => {
  const recording = readRecording(host);
  return async (script) => {
    if (script.includes('@@sysctl_meta')) return recordedSysctls(host);
    if (!script.includes('@@snap')) return replayTools(script);
    await new Promise((resolve) => setTimeout(resolve, REPLAY_MS));
    return replayState(recording, host, (Date.now() - startedMs) / 1_000);
  };
};

/** Starts the lab's SSH servers. Its inventory names nothing but 127.0.0.1. */
export const startLab = async (): Promise<Lab> => {
  const folder = mkdtempSync(join(tmpdir(), 'tcpstates-lab-'));
  const client = newKeyPair();
  const identity = join(folder, 'id_ed25519');
  writeFileSync(identity, client.private, { mode: 0o600 });
  const startedMs = Date.now();
  const servers: LabServer[] = [];
  const hosts = new Map<string, Host>();

  const add = async (
    name: string,
    about: {
      lab: NonNullable<Host['lab']>;
      labels: Host['labels'];
      groups: string[];
      respond?: Responder;
    },
  ): Promise<void> => {
    const key = newKeyPair();
    const { respond } = about;
    const server = await startLabServer({
      hostKey: key.private,
      clientKey: client.public,
      user: USER,
      ...(respond === undefined ? {} : { respond }),
    });
    servers.push(server);
    hosts.set(name, {
      name,
      address: '127.0.0.1',
      port: server.port,
      user: USER,
      identity: [{ kind: 'file', path: identity }],
      hostKeys: { kind: 'pinned', keys: [key.public.trim()] },
      jump: [],
      labels: about.labels,
      groups: about.groups,
      limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 15_000, outputBytesMax: 1_048_576 },
      access: 'shell',
      lab: about.lab,
    });
  };

  const real = process.platform === 'linux';
  if (real)
    await add('localhost', {
      lab: 'this machine',
      labels: { env: 'here' },
      groups: ['real'],
    });
  const recorded = recordedHosts();
  for (const name of recorded) {
    const role = name.replace(/-\d+$/, '');
    await add(name, {
      lab: 'replayed',
      labels: { env: 'lab', role },
      groups: ['lab', role],
      respond: responder(name, startedMs),
    });
  }
  const groups = new Map<string, string[]>();
  for (const host of hosts.values())
    for (const group of host.groups) groups.set(group, [...(groups.get(group) ?? []), host.name]);
  return {
    inventory: { hosts, groups, revision: 'lab' },
    notice: [
      real
        ? 'localhost is this very machine, measured for real over SSH on 127.0.0.1.'
        : 'This machine is no Linux, so there is no localhost to measure.',
      `${recorded.join(', ')} are recordings of real hosts in real trouble, replayed behind real SSH servers.`,
    ],
    close: async () => {
      await Promise.all(servers.map((server) => server.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
