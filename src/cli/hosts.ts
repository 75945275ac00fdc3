/** `hosts import` writes an inventory out of what there is; `hosts pin` shows a host's keys for an operator to compare. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { importAnsible } from '../config/import-ansible.js';
import { type ImportedInventory, importSshConfig } from '../config/import-ssh-config.js';
import { inventorySchema, loadInventory } from '../config/inventory.js';
import { ConfigProblem } from '../config/problem.js';
import { nearestNames } from '../core/selector.js';
import { createTransport } from '../ssh/transport.js';

const CLOSE_GRACE_MS = 500;

interface ImportOptions {
  sshConfig?: string;
  ansible?: string;
  knownHosts?: string;
  out?: string;
}

const read = (options: ImportOptions): ImportedInventory => {
  const { sshConfig, ansible, knownHosts } = options;
  if ((sshConfig === undefined) === (ansible === undefined))
    throw new ConfigProblem('hosts import', [
      { field: '', expected: 'name one source: --ssh-config FILE or --ansible FILE' },
    ]);
  if (sshConfig !== undefined) return importSshConfig(resolve(sshConfig), knownHosts);
  return importAnsible(readFileSync(resolve(ansible ?? ''), 'utf8'), knownHosts);
};

const runImport = (options: ImportOptions, program: Command): void => {
  try {
    const { inventory, notes } = read(options);
    const count = Object.keys(inventory.hosts).length;
    // What is written must be what is read: an importer's mistake shows here, not at the next start.
    inventorySchema.parse(inventory);
    const text = `# Written by: tcpstates hosts import. Nothing outside this file is reachable.\n${stringify(inventory, { lineWidth: 0 })}`;
    if (options.out === undefined) process.stdout.write(text);
    else {
      if (existsSync(options.out))
        program.error(`error: ${options.out} exists already; name another file, or move it away first`);
      writeFileSync(options.out, text, { mode: 0o600 });
    }
    for (const note of notes) process.stderr.write(`note: ${note}\n`);
    const missingUser = Object.entries(inventory.hosts).filter(([, host]) => host?.user === undefined);
    if (missingUser.length > 0 && inventory.defaults?.user === undefined)
      process.stderr.write(`note: ${missingUser.length} host(s) name no user: add “defaults: {user: …}”.\n`);
    process.stderr.write(
      `${count} host${count === 1 ? '' : 's'}${options.out === undefined ? '' : ` written to ${options.out}`}. Host keys: ${options.knownHosts ?? 'none named; pin them with: npx tcpstates hosts pin <host>'}\n`,
    );
  } catch (error) {
    program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const runPin = async (name: string, options: { inventory: string }, program: Command): Promise<void> => {
  let inventory: ReturnType<typeof loadInventory>;
  try {
    inventory = loadInventory(options.inventory);
  } catch (error) {
    return program.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  }
  const host = inventory.hosts.get(name);
  if (host === undefined) {
    const near = nearestNames(name, [...inventory.hosts.keys()]);
    return program.error(
      `error: no host “${name}” in ${options.inventory}${near.length === 0 ? '' : `; near: ${near.join(', ')}`}`,
    );
  }
  const transport = createTransport({ hosts: [...inventory.hosts.values()] });
  try {
    const scanned = await transport.scan(host);
    if ('failure' in scanned) return program.error(`error: ${scanned.failure.message}`);
    process.stdout.write(`  ${name}:\n    hostKeys:\n${scanned.keys.map(({ line }) => `      - ${line}\n`).join('')}`);
    process.stderr.write(
      [
        `${name} (${host.address} port ${host.port}) presents:`,
        ...scanned.keys.map(({ line, fingerprint }) => `  ${line.split(' ')[0]}  ${fingerprint}`),
        'This is what the network says, and nobody has vouched for it. Compare on the host itself (console, or another way in that you trust):',
        '  for f in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf "$f"; done',
        `Only if they are the same, put the lines above into ${options.inventory}.`,
        '',
      ].join('\n'),
    );
  } finally {
    await transport.close(CLOSE_GRACE_MS);
  }
};

export const register = (program: Command): void => {
  const hosts = program.command('hosts').description('the registered hosts: import, pin');
  hosts
    .command('import')
    .description('write an inventory from an OpenSSH client configuration or an Ansible inventory')
    .option('--ssh-config <file>', 'e.g. ~/.ssh/config')
    .option('--ansible <file>', 'inventory in INI, YAML or JSON')
    .option('--known-hosts <file>', 'where the host keys are, e.g. ~/.ssh/known_hosts')
    .option('--out <file>', 'instead of standard output; an existing file is never overwritten')
    .action((options: ImportOptions) => runImport(options, program));
  hosts
    .command('pin')
    .argument('<host>', 'a host of the inventory')
    .description('show the host keys that a host presents, to be compared by hand')
    .option('--inventory <file>', 'the inventory', process.env['TCPSTATES_INVENTORY'] ?? 'inventory.yml')
    .action((name: string, options: { inventory: string }) => runPin(name, options, program));
};
