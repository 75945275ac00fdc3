/** Hosts of the inventory, and inventories of them, with the least that a test must say. */
import type { Host, Inventory } from '../../src/core/inventory.js';

export const aHost = (name: string, more: Partial<Host> = {}): Host => ({
  name,
  address: '127.0.0.1',
  port: 22,
  user: 'tcpstates',
  identity: [{ kind: 'agent' }],
  hostKeys: { kind: 'pinned', keys: [] },
  jump: [],
  labels: {},
  groups: [],
  limits: { connectTimeoutMs: 3_000, totalTimeoutMs: 10_000, outputBytesMax: 1_000_000 },
  access: 'shell',
  ...more,
});

export const anInventory = (...hosts: Host[]): Inventory => ({
  hosts: new Map(hosts.map((host) => [host.name, host])),
  groups: new Map([['all', hosts.map(({ name }) => name)]]),
  revision: hosts.map(({ name }) => name).join(),
});
