/**
 * An inventory of 10,000 hosts: how long the program takes to read it, to find what people type in it as policy lets them see it,
 * and to guess what a slip of the finger meant. All of it is on the main thread, where acknowledgements wait behind it.
 *
 *   npm run bench -- --inventory [hosts]
 */
import { cpus, loadavg } from 'node:os';
import { selectHosts } from '../src/app/desk-fleet.js';
import { readInventory } from '../src/config/inventory.js';
import type { Host } from '../src/core/inventory.js';
import { evaluate, mustSelect, type Policy } from '../src/core/policy.js';

const ROUNDS = 7;
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8r2T0x6k1r3q7b0w5n9u4m2z8y6v1c3x5t7s9p0qQe';
const ROLES = ['web', 'api', 'db', 'cache', 'queue', 'proxy', 'batch', 'edge'] as const;
const ENVIRONMENTS = ['prod', 'staging', 'dev'] as const;

interface Named {
  name: string;
  role: string;
  env: string;
  address: string;
}

const hostsOf = (count: number): readonly Named[] =>
  Array.from({ length: count }, (_, at) => {
    const role = ROLES[at % ROLES.length] ?? 'web';
    return {
      name: `${role}-${Math.floor(at / ROLES.length) + 1}`,
      role,
      env: ENVIRONMENTS[at % ENVIRONMENTS.length] ?? 'prod',
      address: `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`,
    };
  });

const asYaml = (hosts: readonly Named[]): string =>
  [
    'defaults: { user: tcpstates, identity: agent }',
    'hosts:',
    ...hosts.flatMap(({ name, role, env, address }) => [
      `  ${name}:`,
      `    address: ${address}`,
      `    hostKeys: [${KEY}]`,
      `    labels: { env: ${env}, role: ${role} }`,
      `    groups: [${role}, ${env}]`,
    ]),
    '',
  ].join('\n');

const asJson = (hosts: readonly Named[]): string =>
  JSON.stringify({
    defaults: { user: 'tcpstates', identity: 'agent' },
    hosts: Object.fromEntries(
      hosts.map(({ name, role, env, address }) => [
        name,
        { address, hostKeys: [KEY], labels: { env, role }, groups: [role, env] },
      ]),
    ),
  });

/** Some grants, as a real policy has: by label, by group, by pattern. */
const policy: Policy = {
  people: new Map([['ada', { name: 'ada', accounts: ['T1:U1'] }]]),
  roles: new Map([['sre', { name: 'sre', people: ['ada'], userGroups: [] }]]),
  grants: ['env=prod', '@staging', 'web-*,api-*', '@dev,!db-7'].map((hosts) => ({
    hosts: mustSelect(hosts),
    channels: [],
    roles: { see: ['sre'], propose: ['sre'] },
  })),
  keys: [],
  freezes: [],
  escalation: [],
  expiresAfterSeconds: 600,
  confirmWindowSeconds: { default: 600, max: 3_600 },
  revision: 'bench',
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** @returns milliseconds: the first time, as after a reload, and the median of the others */
const timed = (work: () => unknown): { firstMs: number; medianMs: number } => {
  const took = Array.from({ length: ROUNDS + 1 }, () => {
    const beganMs = performance.now();
    work();
    return performance.now() - beganMs;
  });
  const [firstMs = Number.NaN, ...rest] = took;
  return { firstMs, medianMs: median(rest) };
};

export const inventoryBench = (count: number): string => {
  const named = hostsOf(count);
  const [yaml, json] = [asYaml(named), asJson(named)];
  const inventory = readInventory(json, 'bench', '/');
  const subject = { account: 'T1:U1', userGroups: [], member: true };
  const maySee = (host: Host): boolean =>
    evaluate(policy, inventory, { subject, action: 'see', host, nowMs: 0 }).allowed;
  const select = (text: string) => (): unknown => selectHosts(text, inventory, maySee);
  const found = (text: string): string => {
    const selection = selectHosts(text, inventory, maySee);
    return selection.ok
      ? `${selection.hosts.length} hosts`
      : 'nearest' in selection
        ? `near: ${selection.nearest.join(', ')}`
        : selection.problem;
  };
  const typed = ['web-500', '@api', 'env=prod,role=db', 'cache-*', '@web,!web-3', 'wbe-500', '@ap', 'prxoy-12'];
  const rows: (readonly [string, string, { firstMs: number; medianMs: number }])[] = [
    [`load, YAML of ${(yaml.length / 1e6).toFixed(1)} MB`, '', timed(() => readInventory(yaml, 'bench', '/'))],
    [`load, JSON of ${(json.length / 1e6).toFixed(1)} MB`, '', timed(() => readInventory(json, 'bench', '/'))],
    ...typed.map((text) => [text, found(text), timed(select(text))] as const),
  ];
  const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0).padStart(7);
  return [
    `${count.toLocaleString('en-US')} hosts, ${cpus().length} cores, load ${loadavg()[0]?.toFixed(1)}; milliseconds, the first time and the median of ${ROUNDS} more`,
    ...rows.map(([what, came, { firstMs, medianMs }]) => `${what.padEnd(26)}${ms(firstMs)}${ms(medianMs)}  ${came}`),
  ].join('\n');
};
