import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { expandRange, importAnsible } from '../../src/config/import-ansible.js';
import { hostNamesOf, importSshConfig } from '../../src/config/import-ssh-config.js';
import { readInventory } from '../../src/config/inventory.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpstates-import-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('ssh_config', () => {
  const file = join(folder, 'config');
  mkdirSync(join(folder, 'conf.d'));
  writeFileSync(join(folder, 'conf.d', 'db'), 'Host db-1 "db-2"\n  Port=2200\n');
  writeFileSync(
    file,
    '# mine\nInclude conf.d/*\nInclude gone\nHost web-1 web-* !web-9\n  HostName 10.0.0.1\nHost bastion\nhost=api\nHost *\n  User ops\n',
  );

  test('names come from Host lines and what they include, patterns left out', () => {
    expect(hostNamesOf(file)).toEqual(['db-1', 'db-2', 'web-1', 'bastion', 'api']);
  });

  test('what a name means is what OpenSSH says', () => {
    const said: Record<string, string> = {
      'db-1': 'hostname db-1\nport 2200\nuser ops\nproxycommand nc %h %p',
      'db-2':
        'hostname db-2.example\nport 2200\nuser ops\nidentityfile ~/.ssh/ops\nproxyjump ops@bastion:2222,[gate]:22',
      'web-1': 'hostname 10.0.0.1\nport 22\nuser ops\nidentityfile ~/.ssh/id_rsa\nidentityfile ~/.ssh/id_ed25519',
      bastion: 'hostname 192.0.2.1\nport 2222\nuser ops\nidentityfile ~/.ssh/ops',
      gate: 'hostname gate\nport 22\nuser ops\nidentityfile ~/.ssh/ops',
    };
    const { inventory, notes } = importSshConfig(file, '~/.ssh/known_hosts', (name) => {
      const text = said[name];
      if (text === undefined) throw new Error('no');
      const settings = new Map<string, string[]>();
      for (const line of text.split('\n')) {
        const [key = '', ...rest] = line.split(' ');
        settings.set(key, [...(settings.get(key) ?? []), rest.join(' ')]);
      }
      return settings;
    });
    expect(inventory).toEqual({
      defaults: { knownHosts: '~/.ssh/known_hosts' },
      hosts: {
        'db-2': { address: 'db-2.example', port: 2200, user: 'ops', identity: '~/.ssh/ops', jump: ['bastion', 'gate'] },
        'web-1': { address: '10.0.0.1', user: 'ops', identity: 'agent' },
        bastion: { address: '192.0.2.1', port: 2222, user: 'ops', identity: '~/.ssh/ops' },
        gate: { user: 'ops', identity: '~/.ssh/ops' },
      },
    });
    expect(notes.join('\n')).toMatch(/db-1.*ProxyCommand[\s\S]*api.*ssh -G/);
    expect(readInventory(stringify(inventory), 'inventory.yml', folder).hosts.size).toBe(4);
  });
});

describe('an Ansible inventory', () => {
  const expected = {
    'mail.example': { user: 'deploy', identity: 'agent' },
    'web-01': { address: '10.0.0.1', user: 'web', identity: '~/.ssh/web', groups: ['prod', 'web'] },
    'web-02': { user: 'web', identity: '~/.ssh/web', groups: ['prod', 'web'], port: 2200 },
  };

  test('in INI', () => {
    const { inventory, notes } = importAnsible(
      `mail.example
[web]
web-01 ansible_host=10.0.0.1
web-[02:02] ansible_port=2200 # the odd one
win ansible_connection=winrm
[web:vars]
ansible_user = web
ansible_ssh_private_key_file=~/.ssh/web
[prod:children]
web
[all:vars]
ansible_user=deploy
`,
      undefined,
    );
    expect(inventory.hosts).toEqual(expected);
    expect(notes).toEqual(['“win” is left out: its connection is winrm, not ssh.']);
  });

  test('in YAML', () => {
    const { inventory } = importAnsible(
      `all:
  vars: {ansible_user: deploy}
  hosts: {mail.example: }
  children:
    prod:
      children:
        web:
          vars: {ansible_user: web, ansible_ssh_private_key_file: ~/.ssh/web}
          hosts:
            web-01: {ansible_host: 10.0.0.1}
            web-[02:02]: {ansible_port: 2200}
`,
      undefined,
    );
    expect(inventory.hosts).toEqual(expected);
  });

  test('as JSON of a dynamic inventory', () => {
    const { inventory } = importAnsible(
      JSON.stringify({
        _meta: { hostvars: { 'web-01': { ansible_host: '10.0.0.1' }, 'web-02': { ansible_port: 2200 } } },
        all: { children: ['prod', 'ungrouped'], vars: { ansible_user: 'deploy' } },
        ungrouped: { hosts: ['mail.example'] },
        prod: { children: ['web'] },
        web: { hosts: ['web-01', 'web-02'], vars: { ansible_user: 'web', ansible_ssh_private_key_file: '~/.ssh/web' } },
      }),
      undefined,
    );
    expect(inventory.hosts).toEqual(expected);
  });

  test.each([
    ['web[1:3]', ['web1', 'web2', 'web3']],
    ['web[08:10]', ['web08', 'web09', 'web10']],
    ['web[1:5:2].x', ['web1.x', 'web3.x', 'web5.x']],
    ['db[a:c]', ['dba', 'dbb', 'dbc']],
    ['r[1:2]n[1:2]', ['r1n1', 'r1n2', 'r2n1', 'r2n2']],
    ['plain', ['plain']],
  ])('%s', (range, names) => {
    expect(expandRange(range)).toEqual(names);
  });

  test('whatever is taken over can be loaded', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[[\]a-z0-9=:{}. #-]{0,30}$/), { maxLength: 12 }), (lines) => {
        fc.pre(!lines.join('\n').trim().startsWith('{'));
        const { inventory } = importAnsible(lines.join('\n'), undefined);
        for (const host of Object.values(inventory.hosts)) if (host) host.user ??= 'ops';
        if (Object.values(inventory.hosts).some((host) => host?.jump !== undefined)) return;
        readInventory(stringify(inventory), 'inventory.yml', '/');
      }),
      { numRuns: 200 },
    );
  });
});
