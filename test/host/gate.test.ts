/** The gate on a host of plain files, in every shell that a host may have as /bin/sh. */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { readChange, readList, readLog, readVersion } from '../../src/core/gate/answer.js';
import { describeNeeding } from '../support/needs.js';
import { FileHost, shells } from './support/test-gate.js';

const FIN = 'net.ipv4.tcp_fin_timeout';
const REUSE = 'net.ipv4.tcp_tw_reuse';
const RANGE = 'net.ipv4.ip_local_port_range';
const PORTS = 'net.ipv4.ip_local_reserved_ports';
const BUCKETS = 'net.ipv4.tcp_max_tw_buckets';
const MEM = 'net.ipv4.tcp_mem';
const TRACKED = 'net.netfilter.nf_conntrack_max';
const COUNT = 'net.netfilter.nf_conntrack_count';

describeNeeding(['linux', 'dash', 'busybox'], 'the gate', () => {
  let host: FileHost;
  afterEach(() => host.remove());

  test.each(Object.entries(shells))('%s: several keys become one change, confirmed into one file', async (_, shell) => {
    host = new FileHost(shell);
    const entries = `${PORTS}:none:8080,9000-9010 ${RANGE}:32768_60999:10240_65535 ${FIN}:60:30`;
    const applied = await host.set('change001', entries, { mode: 'persistent' });
    expect(applied.stderr).toBe('');
    expect(applied.end).toBe('ok');
    expect(readChange(applied)).toMatchObject({
      state: 'applied',
      persistent: true,
      leftSeconds: 60,
      entries: [
        { key: PORTS, from: '', to: '8080,9000-9010', current: '8080,9000-9010' },
        { key: RANGE, from: '32768 60999', to: '10240 65535', current: '10240 65535' },
        { key: FIN, from: '60', to: '30', current: '30' },
      ],
    });
    expect(existsSync(host.persisted)).toBe(false);
    const confirmed = await host.ask('confirm change001');
    expect(confirmed.stderr).toBe('');
    expect([confirmed.end, confirmed.fields['state'], confirmed.fields['shadowed']]).toEqual(['ok', 'confirmed', '0']);
    expect(host.read('etc/sysctl.d/90-tcpstates.conf')).toBe(
      [
        '# Confirmed changes, written by the tcpstates gate.',
        `# change change001 ${PORTS} was none`,
        `${PORTS} = 8080,9000-9010`,
        `# change change001 ${RANGE} was 32768_60999`,
        `${RANGE} = 10240 65535`,
        `# change change001 ${FIN} was 60`,
        `${FIN} = 30`,
        '',
      ].join('\n'),
    );
    // the next one replaces its own keys alone, and an emptied list leaves no line
    await host.set('change002', `${FIN}:30:20 ${PORTS}:8080,9000-9010:none`, { mode: 'persistent' });
    await host.ask('confirm change002');
    expect(host.read('etc/sysctl.d/90-tcpstates.conf').split('\n').slice(1)).toEqual([
      `# change change001 ${RANGE} was 32768_60999`,
      `${RANGE} = 10240 65535`,
      `# change change002 ${FIN} was 30`,
      `${FIN} = 20`,
      `# change change002 ${PORTS} was 8080,9000-9010`,
      '',
    ]);
  });

  test.each(Object.entries(shells))(
    '%s: silence reverts, a revert compares, a held one is tried again',
    async (_, shell) => {
      host = new FileHost(shell);
      await host.set('change001', `${FIN}:60:30 ${REUSE}:2:1 ${TRACKED}:65536:262144`);
      host.sysctl(REUSE, '0'); // somebody else
      host.sysctl(COUNT, '60000'); // more than 80 % of 65,536
      host.uptime = 1059;
      expect((await host.reap()).fields['open']).toBe('change001');
      expect(host.value(FIN)).toBe('30');
      host.uptime = 1060;
      const reaped = await host.reap();
      expect([reaped.stderr, reaped.fields['open']]).toEqual(['', 'none']);
      expect([host.value(FIN), host.value(REUSE), host.value(TRACKED)]).toEqual(['60', '0', '262144']);
      const held = await host.ask('status change001');
      expect(readChange(held)).toMatchObject({ state: 'reverting', held: [{ key: TRACKED, reason: 'in-use' }] });
      expect((await host.ask('confirm change001')).end).toBe('not-pending');
      expect((await host.ask('revert change001')).end).toBe('held');
      host.sysctl(COUNT, '52428'); // exactly 80 %
      await host.reap();
      expect(host.value(TRACKED)).toBe('65536');
      expect((await host.ask('status change001')).fields['state']).toBe('conflict');
      const log = readLog(await host.ask('log 50'));
      expect(log?.unrecognised).toBe(0);
      expect(log?.lines.map(({ event }) => event)).toEqual(['prepared', 'applied', 'REVERT-HELD', 'CONFLICT']);
    },
  );

  test.each(Object.entries(shells))('%s: refuses what it should, and nothing was written', async (_, shell) => {
    host = new FileHost(shell);
    const wanted: [string, string, { ttl?: number; notAfter?: string; mode?: string }?][] = [
      ['denied', `${FIN}:60:030`],
      ['denied', `${FIN}:60:30 ${FIN}:30:20`],
      ['denied', `${FIN}:60:60`],
      ['denied', `${FIN}:60:-1`],
      ['denied', `${FIN}:60:30_40`],
      ['denied', `${RANGE}:32768_60999:10240`],
      ['denied', `${PORTS}:none:9000,8080`],
      ['denied', `${PORTS}:none:8080,8081`],
      ['denied', `${PORTS}:none:8080-8080`],
      ['denied', `${PORTS}:none:1-65536`],
      ['denied', 'net.core.rmem_max:1:2'],
      ['denied', 'net.netfilter.nf_conntrack_count:100:1'],
      ['denied', `${FIN}:60:30`, { ttl: 29 }],
      ['denied', `${FIN}:60:30`, { ttl: 3601 }],
      ['denied', `${FIN}:60:30`, { mode: 'forever' }],
      ['out-of-bounds', `${FIN}:60:9`],
      ['out-of-bounds', `${FIN}:60:121`],
      ['out-of-bounds', `${RANGE}:32768_60999:40000_49999`],
      ['out-of-bounds', `${RANGE}:32768_60999:1023_60999`],
      ['out-of-bounds', `${MEM}:94_95000_190000:300000_200000_400000`],
      ['out-of-bounds', 'net.netfilter.nf_conntrack_buckets:65536:65537'],
      ['would-lower', `${BUCKETS}:131072:65536`],
      ['would-lower', `${MEM}:94_95000_190000:1000_95000_180000`],
      ['too-much-memory', `${BUCKETS}:131072:1600001`],
      ['too-much-memory', `${MEM}:94_95000_190000:1000_95000_500001`],
      ['stale', `${REUSE}:1:0`],
      ['too-late', `${FIN}:60:30`, { notAfter: '01234567.999' }],
      ['too-late', `${FIN}:60:30`, { notAfter: '01234567.1301' }],
      ['too-late', `${FIN}:60:30`, { notAfter: '76543210.1100' }],
    ];
    for (const [index, [code, entries, options]] of wanted.entries()) {
      const { end, stderr } = await host.set(
        `refused0${index}`,
        `${REUSE}:2:1 ${entries}`.replace(`${REUSE}:2:1 ${REUSE}`, REUSE),
        options,
      );
      expect([entries, end, stderr]).toEqual([entries, code, '']);
    }
    expect([host.value(FIN), host.value(REUSE)]).toEqual(['60', '2']);
    expect(readdirSync(join(host.library, 'c'))).toEqual([]);
    expect(readdirSync(join(host.library, 'o'))).toEqual([]);
  });

  test('every count of 80 % and below is let through, one more is not', async () => {
    host = new FileHost('/bin/sh');
    host.sysctl(COUNT, '104858');
    expect((await host.set('change001', `${TRACKED}:65536:131072`)).end).toBe('below-use');
    host.sysctl(COUNT, '104857');
    expect((await host.set('change002', `${TRACKED}:65536:131072`)).end).toBe('ok');
  });

  test('a confirmed change can be taken back although the key may only be raised; anything else can not', async () => {
    host = new FileHost('/bin/sh');
    await host.set('change001', `${FIN}:60:30 ${BUCKETS}:131072:262144`);
    expect((await host.ask('confirm change001')).end).toBe('ok');
    expect((await host.set('change002', `${BUCKETS}:262144:131073`)).end).toBe('would-lower');
    expect((await host.set('change003', `${BUCKETS}:262144:131072`)).end).toBe('ok');
    await host.ask('revert change003');
    host.sysctl(COUNT, '60000');
    await host.set('change004', `${TRACKED}:65536:262144`);
    await host.ask('confirm change004');
    expect((await host.set('change005', `${TRACKED}:262144:65536`)).end).toBe('below-use');
  });

  test('a runtime change leaves no file, and says what the next boot brings instead', async () => {
    host = new FileHost('/bin/sh');
    await host.set('change001', `${FIN}:60:30`, { mode: 'persistent' });
    await host.ask('confirm change001');
    await host.set('change002', `${FIN}:30:20 ${REUSE}:2:1`);
    const confirmed = await host.ask('confirm change002');
    expect(readChange(confirmed)).toMatchObject({
      state: 'confirmed',
      persistent: false,
      shadows: [{ key: FIN, file: host.persisted, value: '30' }],
    });
    expect(host.read('etc/sysctl.d/90-tcpstates.conf')).not.toContain('change002');
  });

  test('other files that win at the next boot are named', async () => {
    host = new FileHost('/bin/sh');
    host.write('etc/sysctl.d/99-local.conf', `${FIN}=15\n# ${REUSE} = 0\n`);
    host.write('usr/lib/sysctl.d/99-local.conf', `${REUSE} = 0\n`); // masked by its name in /etc
    host.write('etc/sysctl.d/10-early.conf', `${REUSE} = 0\n`);
    host.write('etc/sysctl.conf', `-net/ipv4/ip_local_port_range = 20000\t50000 \nnet.core.somaxconn = 8192\n`);
    host.write('etc/tuned/tuned-main.conf', 'reapply_sysctl = 0\n');
    host.write('etc/tuned/active_profile', 'mine\n');
    host.write('etc/tuned/mine/tuned.conf', '[main]\ninclude=theirs\n[sysfs]\nnet.core.somaxconn=7\n');
    host.write('usr/lib/tuned/theirs/tuned.conf', '[sysctl]\nnet.ipv4.tcp_tw_reuse = 0\n');
    await host.set(
      'change001',
      `${FIN}:60:30 ${REUSE}:2:1 ${RANGE}:32768_60999:10240_65535 net.core.somaxconn:4096:8192`,
      {
        mode: 'persistent',
      },
    );
    const { shadows } = readChange(await host.ask('confirm change001')) ?? {};
    expect(shadows?.map(({ key, file, value }) => [key, file.replace(host.root, ''), value])).toEqual([
      [FIN, '/etc/sysctl.d/99-local.conf', '15'],
      [REUSE, '/usr/lib/tuned/theirs/tuned.conf', '0'],
      [RANGE, '/etc/sysctl.conf', '20000 50000'],
    ]);
  });

  test('one open change; replays are harmless; an id belongs to one change', async () => {
    host = new FileHost('/bin/sh');
    await host.set('change001', `${FIN}:60:30`);
    const other = await host.set('change002', `${REUSE}:2:1`);
    expect([other.end, other.fields['pending']]).toEqual(['busy-pending', 'change001']);
    host.uptime = 1030;
    const again = await host.set('change001', `${FIN}:60:30`);
    expect([again.end, again.fields['replay'], again.fields['left']]).toEqual(['ok', '1', '30']);
    expect((await host.set('change001', `${FIN}:60:29`)).end).toBe('id-reuse');
    expect((await host.set('change001', `${FIN}:60:30`, { mode: 'persistent' })).end).toBe('id-reuse');
    expect((await host.set('change001', `${FIN}:60:30`, { ttl: 61 })).end).toBe('id-reuse');
    expect((await host.ask('revert change001')).end).toBe('ok');
    expect((await host.ask('revert change001')).fields['replay']).toBe('1');
    expect((await host.set('change001', `${FIN}:60:30`)).end).toBe('closed');
    expect((await host.ask('confirm change001')).end).toBe('not-pending');
    expect(host.value(FIN)).toBe('60');
    expect((await host.ask('confirm change009')).end).toBe('unknown-id');
    await host.set('change003', `${REUSE}:2:1`);
    await host.ask('confirm change003');
    expect((await host.ask('confirm change003')).fields['replay']).toBe('1');
    expect(readList(await host.ask('list'))).toEqual({
      changes: expect.arrayContaining([
        { id: 'change001', state: 'reverted', persistent: false, keys: [FIN] },
        { id: 'change003', state: 'confirmed', persistent: false, keys: [REUSE] },
      ]),
    });
  });

  test('a moved value is not confirmed', async () => {
    host = new FileHost('/bin/sh');
    await host.set('change001', `${FIN}:60:30`);
    host.sysctl(FIN, '40');
    expect((await host.ask('confirm change001')).end).toBe('stale');
  });

  test('a reboot ends what was open, and completes nothing that was not written', async () => {
    host = new FileHost('/bin/sh');
    await host.set('change001', `${FIN}:60:30`, { mode: 'persistent' });
    host.boot();
    host.sysctl(FIN, '30'); // as if another file had set it at boot
    await host.reap();
    expect(host.value(FIN)).toBe('30');
    expect((await host.ask('status change001')).fields['state']).toBe('reverted');
  });

  test('a damaged record forbids new changes until a person looked', async () => {
    host = new FileHost('/bin/sh');
    await host.set('change001', `${FIN}:60:30`);
    writeFileSync(join(host.library, 'c/change001'), 'state=applied\n');
    expect((await host.ask('status change001')).end).toBe('corrupt-record');
    const refused = await host.set('change002', `${REUSE}:2:1`);
    expect([refused.end, refused.fields['pending']]).toEqual(['busy-pending', 'corrupt']);
  });

  test('records and audit stay bounded, open ones stay', async () => {
    host = new FileHost('/bin/sh', { RECORDS_MAX: '3', AUDIT_BYTES: '200' });
    for (let index = 1; index <= 5; index += 1) {
      await host.set(`change00${index}`, `${FIN}:60:30`);
      if (index < 5) await host.ask(`revert change00${index}`);
    }
    for (const name of ['change001', 'change002', 'change003', 'change004']) {
      // newest last, whatever the clock's grain
      const path = join(host.library, 'c', name);
      const { utimesSync } = await import('node:fs');
      utimesSync(path, 2_000_000_000, 2_000_000_000 + Number(name.slice(-1)));
    }
    await host.reap();
    expect(readdirSync(join(host.library, 'c')).sort()).toEqual(['change002', 'change003', 'change004', 'change005']);
    expect(existsSync(join(host.library, 'audit.log.1'))).toBe(true);
    const log = readLog(await host.ask('log 3'));
    expect(log?.lines.map(({ event }) => event)).toEqual(['reverted', 'prepared', 'applied']);
  });

  test('when nothing can be recorded nothing is done', async () => {
    host = new FileHost('/bin/sh');
    await host.reap();
    rmSync(join(host.library, 't'), { recursive: true });
    writeFileSync(join(host.library, 't'), '');
    expect((await host.set('change001', `${FIN}:60:30`)).end).toBe('storage');
    expect(host.value(FIN)).toBe('60');
  });

  test('each key of the two accounts answers its own verbs alone', async () => {
    host = new FileHost('/bin/sh');
    expect(readVersion(await host.front('ro', 'version'))).toMatchObject({
      protocol: 2,
      role: 'read',
      uptimeSeconds: 1000,
    });
    expect(readVersion(await host.front('rw', 'version'))?.role).toBe('change');
    expect((await host.front('ro', `get ${RANGE}`)).fields).toEqual({ key: RANGE, value: '32768_60999' });
    expect((await host.front('ro', `get ${PORTS}`)).fields['value']).toBe('none');
    host.write('usr/local/libexec/tcpstates/state.sh', 'echo "@@end $(id -u)"');
    expect((await host.front('ro', 'probe')).text).toBe(`@@end ${process.getuid?.()}\n`);
    expect((await host.front('ro', 'sysctls')).end).toBe('not-installed');
    for (const request of [
      `set change001 60 01234567.1100 runtime ${FIN}:60:30`,
      'status change001',
      'list',
      'log 5',
      'revert change001',
      'confirm change001',
      '',
      'probe x',
      'version ',
    ])
      expect([request, (await host.front('ro', request)).text]).toEqual([request, 'end=denied\n']);
    for (const request of ['version', 'probe', `get ${FIN}`])
      expect([request, (await host.ask(request)).text]).toEqual([request, 'end=denied\n']);
  });
});
