import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { expandRange, importAnsible } from '../../src/config/import-ansible.js';
import { hostNamesOf, importSshConfig } from '../../src/config/import-ssh-config.js';
import { readInventory } from '../../src/config/inventory.js';
import { describeNeeding } from '../support/needs.js';

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

describe('a ProxyJump with a login of its own', () => {
  const text = `Host db-1 db-2
  ProxyJump admin@hop:2222
Host db-3
  ProxyJump admin@bastion:2222
Host db-4
  ProxyJump ops@bastion,hop
Host db-5
  ProxyJump ssh://admin@gate-1
Host bastion
  User ops
Host gate-*
  User pat
  Port 99
`;
  const other = 'Register the other login as a host of its own, and name that as the jump host.';
  const expected = {
    hosts: { hop: { user: 'admin', port: 2222 }, bastion: { user: 'ops' }, 'gate-1': { user: 'admin', port: 99 } },
    notes: [
      `“db-3”: the jump host “admin@bastion:2222” is taken over as “bastion”, which is user ops on port 22. ${other}`,
      `“db-4”: the jump host “hop” is taken over as “hop”, which is user admin on port 2222. ${other}`,
    ],
  };
  const file = join(folder, 'jumps');
  writeFileSync(file, text);

  test('is the hop’s where that has no Host line; where it is another than the one that is registered, that is told', () => {
    const said: Record<string, [user: string, port: string, jump?: string]> = {
      'db-1': ['me', '22', 'admin@hop:2222'],
      'db-2': ['me', '22', 'admin@hop:2222'],
      'db-3': ['me', '22', 'admin@bastion:2222'],
      'db-4': ['me', '22', 'ops@bastion,hop'],
      'db-5': ['me', '22', 'ssh://admin@gate-1'],
      bastion: ['ops', '22'],
      hop: ['me', '22'],
      'gate-1': ['pat', '99'],
    };
    const { inventory, notes } = importSshConfig(file, undefined, (name, login) => {
      const [user = '', port = '', jump] = said[name] ?? [];
      const settings = { user: login.user ?? user, port: login.port ?? port, proxyjump: jump ?? 'none' };
      return new Map(Object.entries(settings).map(([key, value]) => [key, [value]]));
    });
    expect(inventory.hosts).toMatchObject(expected.hosts);
    expect(inventory.hosts['bastion']).not.toHaveProperty('port');
    expect(notes).toEqual(expected.notes);
  });

  describeNeeding(['sshd'], 'and OpenSSH', () => {
    test('says the same', () => {
      const { inventory, notes } = importSshConfig(file, undefined);
      expect(inventory.hosts).toMatchObject(expected.hosts);
      expect(notes).toEqual(expected.notes);
    });
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

  test.each(['r[1:20000]n[1:20000]', 'r[1:99999999999]', `${'[1:1000000]'.repeat(8)}`])(
    '%s: no more names are made than are taken over',
    (range) => {
      expect(expandRange(range)).toHaveLength(20_000);
    },
  );
  test('a range without end, of ranges that name nothing', () => {
    expect(expandRange('r[1:99999999999]n[3:1]')).toEqual([]);
  });

  test.each([
    ['in INI', 'web-[1:100000]\n[other]\nweb-[1:100000]\ndb-[3:1]\n'],
    ['in YAML', 'all: {hosts: {"web-[1:100000]": }, children: {other: {hosts: {"web-[1:100000]": , "db-[3:1]": }}}}\n'],
  ])('%s: a range that is cut short, or that names nothing, is told', (_, text) => {
    const { inventory, notes } = importAnsible(text, undefined);
    expect(Object.keys(inventory.hosts)).toHaveLength(20_000);
    expect(notes).toEqual([
      '“web-[1:100000]” stands for more than 20,000 hosts: the first so many are taken over. Write the others as ranges of their own.',
      '“db-[3:1]” names no host: write a range from the lower end to the higher one.',
    ]);
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
