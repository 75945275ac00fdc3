/** Every other message: what it says, that Slack takes it, and how it reads. */
import { describe, expect, test } from '@jest/globals';
import { checkMessage, checksMessage } from '../../src/blocks/check.js';
import { hostFailedMessage } from '../../src/blocks/failure.js';
import { hostsMessage } from '../../src/blocks/hosts.js';
import { investigationMessage, verdictLine } from '../../src/blocks/investigation.js';
import { legendModal } from '../../src/blocks/legend.js';
import { measuringMessage } from '../../src/blocks/measuring.js';
import { problemMessage, refusalMessage, unknownHostMessage, usageMessage } from '../../src/blocks/notices.js';
import { rawFile, rawModal } from '../../src/blocks/raw.js';
import { detailOf } from '../../src/blocks/sentences/index.js';
import { sysctlMessage } from '../../src/blocks/sysctls.js';
import { unknownRuleMessage, whyMessage, whyModal } from '../../src/blocks/why.js';
import type { Finding } from '../../src/core/finding.js';
import type { Host } from '../../src/core/inventory.js';
import { querySysctls, type SysctlFacts } from '../../src/core/sysctl-query.js';
import { startLab } from '../../src/lab/lab.js';
import { loadSysctls } from '../../src/sysctls.js';
import { aHost } from '../support/hosts.js';
import { complaints, expectGolden, expectGoldenModal } from './support/golden.js';
import { investigate, rules, snapshotOf, transcriptOf } from './support/hosts.js';
import { readMessage, readModal } from './support/reading.js';

const catalogue = await loadSysctls();
const host = aHost('web-1', {
  address: '10.0.3.7',
  labels: { env: 'prod', role: 'web' },
  groups: ['web'],
  note: 'behind lb-2',
});
const lastKnown = {
  verdict: 'CRITICAL  web-1: the connection-tracking table is full',
  measuredAt: '2026-11-22T11:40:00.000Z',
};

/** Sysctls as a host without any tuning has them, and three that somebody changed. */
const facts: SysctlFacts = {
  kernelRelease: '6.18.44',
  values: Object.fromEntries(
    [...catalogue.values()]
      .filter((entry) => entry.removed === undefined)
      .map((entry) => [
        entry.key,
        'value' in entry.kernelDefault
          ? entry.kernelDefault.value
          : 'byKernel' in entry.kernelDefault
            ? (entry.kernelDefault.byKernel.at(-1)?.value ?? '')
            : '131072',
      ]),
  ),
  boot: {
    'net.ipv4.tcp_fin_timeout': [{ file: '/etc/sysctl.conf', value: '30' }],
    'net.core.somaxconn': [
      { file: '/usr/lib/sysctl.d/50-default.conf', value: '4096' },
      { file: '/etc/sysctl.d/99-web.conf', value: '1024' },
    ],
  },
};
const tuned: SysctlFacts = {
  ...facts,
  values: { ...facts.values, 'net.ipv4.tcp_fin_timeout': '30', 'net.ipv4.tcp_tw_reuse': '1' },
};
const ask = (words: string) =>
  sysctlMessage({
    host,
    answer: querySysctls(words.split(' ').filter(Boolean), tuned, catalogue),
    readAt: '2026-11-22T12:01:07.000Z',
    kernelRelease: '6.18.44',
  });

describe('an investigation with more to say', () => {
  test('offers what policy allows, and says what it refuses', () => {
    const offers = [{ finding: 'conntrack-full' }];
    expectGolden(
      'investigation/offered',
      investigationMessage(investigate(snapshotOf('p03-tw'), { offers, asker: 'U0ANNA', canWatch: true })),
    );
    const refused = [
      { finding: 'conntrack-full', refused: 'web-1 is read-only: it has no gate. Ask somebody with root there.' },
    ];
    expectGolden(
      'investigation/refused',
      investigationMessage(investigate(snapshotOf('p03-tw'), { offers: refused, private: true })),
    );
  });

  test('shows how the counts changed since the last measurement', () => {
    expectGolden(
      'investigation/changed',
      investigationMessage(investigate(snapshotOf('p04'), { previous: snapshotOf('c07') })),
    );
  });

  test('of a replayed host says that it is replayed', () => {
    const message = investigationMessage(investigate(snapshotOf('c06'), { host: { name: 'web-1', lab: 'replayed' } }));
    expect(JSON.stringify(message.blocks)).toContain('Replayed recording');
  });

  test('of a host whose answer is empty is no health', () => {
    const blind = investigate({ ...snapshotOf('c06'), readings: emptyReadings() });
    expect(verdictLine(blind)).toMatch(/^COULD NOT JUDGE {2}web-1/);
    expectGolden('investigation/blind', investigationMessage(blind));
  });
});

const emptyReadings = () => {
  const { readings } = snapshotOf('c06');
  return Object.fromEntries(
    Object.keys(readings).map((name) => [name, { status: 'failed', reason: 'the answer was cut off' }]),
  ) as unknown as typeof readings;
};

describe('while and instead of an answer', () => {
  test('measuring', () => {
    expectGolden('measuring', measuringMessage({ host, asker: 'U0ANNA', lastKnown, canCancel: true }));
    expectGolden('measuring-first', measuringMessage({ host }));
  });

  test.each([
    [
      'timeout',
      {
        problem: 'connect-timed-out',
        message: 'No connection within 5 s. Check that the host is up and port 22 is open from here.',
        via: 'bastion',
      },
    ],
    [
      'changed-key',
      {
        problem: 'host-key-changed',
        message: 'The host key is not the pinned one: nothing was sent. Find out why before anything else.',
        fingerprints: {
          expected: ['SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU'],
          presented: 'SHA256:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg',
        },
      },
    ],
    [
      'refused-login',
      {
        problem: 'authentication-refused',
        message: 'The host took none of the keys.',
        offered: ['~/.ssh/id_ed25519 SHA256:abc', 'agent: anna@laptop SHA256:def'],
      },
    ],
  ])('a host that does not answer: %s', (name, failure) => {
    expectGolden(`failed/${name}`, hostFailedMessage({ host, failure, ...(name === 'timeout' ? { lastKnown } : {}) }));
  });
});

describe('sysctls', () => {
  test.each([
    ['health', ''],
    ['time-wait', 'time wait'],
    ['one', 'net.ipv4.tcp_fin_timeout'],
    ['old-name', 'net.ipv4.netfilter.ip_conntrack_max'],
    ['gone', 'net.ipv4.tcp_tw_recycle'],
    ['nothing', 'flux capacitor'],
    ['many', 'net.ipv4.*'],
  ])('%s', (name, words) => {
    expectGolden(`sysctls/${name}`, ask(words));
  });
});

describe('hosts', () => {
  test('the inventory', () => {
    const hosts: Host[] = [
      host,
      {
        ...host,
        name: 'db-1',
        address: '10.0.3.9',
        port: 2222,
        groups: [],
        labels: {},
        lab: 'replayed',
        change: { user: 'gate', identity: [] },
      },
    ];
    expectGolden(
      'hosts',
      hostsMessage({
        hosts,
        hidden: 3,
        problem: 'line 12: hosts[1].port: expected a number. The last good file is in use.',
      }),
    );
    expectGolden('hosts-none', hostsMessage({ hosts: [] }));
  });

  test('a thousand of them still fit', () => {
    const hosts = Array.from({ length: 1000 }, (_, index) => ({
      ...host,
      name: `web-${index}`,
      note: 'x'.repeat(300),
    }));
    expect(complaints(hostsMessage({ hosts }))).toEqual([]);
  });

  const steps = [
    { name: 'name', status: 'ok' as const, detail: '10.0.3.7', tookMs: 2 },
    { name: 'connect', status: 'ok' as const, detail: 'port 22', tookMs: 12 },
    { name: 'host key', status: 'failed' as const, detail: 'not the pinned one', tookMs: 30 },
    { name: 'login', status: 'not tried' as const, detail: '', tookMs: 0 },
  ];
  const failure = {
    problem: 'host-key-changed',
    message: 'The host key is not the pinned one.',
    fingerprints: { expected: ['SHA256:aaa'], presented: 'SHA256:bbb' },
  };
  test('a check', () => {
    expectGolden('check-failed', checkMessage({ host, report: { steps, failure } }));
    expectGolden('check-ok', checkMessage({ host, report: { steps: steps.slice(0, 2) } }));
    expectGolden(
      'checks',
      checksMessage([
        { host, report: { steps: steps.slice(0, 2) } },
        { host: { name: 'db-1' }, report: { steps, failure } },
      ]),
    );
  });
  test('checks are told by name, the failed first, in whichever order they came', () => {
    const of = (name: string, failed = false) => ({
      host: { name },
      report: failed ? { steps, failure } : { steps: steps.slice(0, 2) },
    });
    const told = (...all: ReturnType<typeof of>[]): string => readMessage(checksMessage(all));
    const all = [of('web-10'), of('web-2'), of('db-2', true), of('app-1'), of('db-1', true)];
    expect(told(...all)).toBe(told(...all.toReversed()));
    expect([...told(...all).matchAll(/^ {2}- \*([a-z]+-\d+)\*/gm)].map(([, host]) => host)).toEqual([
      'db-1',
      'db-2',
      'app-1',
      'web-2',
      'web-10',
    ]);
    expect(told(of('web-1'), of('web-2'))).toMatch(/^# Both hosts are reachable$/m);
    expect(told(of('web-1'), of('web-2'), of('web-3'))).toMatch(/^# All 3 hosts are reachable$/m);
  });
  test('what a host is, is said once', async () => {
    const lab = await startLab();
    try {
      const text = readMessage(hostsMessage({ hosts: [...lab.inventory.hosts.values()] }));
      expect(text).toMatch(/\| web-1 \|.*\| a recording of a real host, replayed, read-only$/m);
      expect(text).not.toMatch(/; (this|a) /);
    } finally {
      await lab.close();
    }
  });
});

describe('the numbers of a pile of CLOSE_WAIT fit each other', () => {
  const said = (evidence: Record<string, [value: number, limit?: number]>): string =>
    detailOf({
      ...investigate(snapshotOf('p04')).diagnosis.findings[0],
      id: 'close-wait-leak',
      evidence: Object.entries(evidence).map(([name, [value, limit]]) => ({
        name,
        value,
        unit: 'sockets',
        source: 'ss',
        ...(limit === undefined ? {} : { limit }),
      })),
    } as Finding);
  test('whose they are, and of how many the idle time was looked at', () => {
    const queued = {
      CLOSE_WAIT: [859],
      'CLOSE_WAIT in accept queues': [65],
      'idle for 5 s or more': [599, 599],
    } as const;
    expect(said(queued as never)).toBe(
      '859 CLOSE_WAIT: 794 that the application has accepted, 65 that wait in an accept queue. Idle for 5 s or more: all of the 599 whose idle time could be read. They never end by themselves; each accepted one keeps its descriptor.',
    );
    expect(said({ CLOSE_WAIT: [320], 'idle for 5 s or more': [120, 320] })).toBe(
      '320 CLOSE_WAIT, 120 idle for 5 s or more. They never end by themselves; each keeps its descriptor.',
    );
  });
  test('no process holds more of them than there are', () => {
    const text = readMessage(investigationMessage(investigate(snapshotOf('p04'))));
    expect(text).toContain('`python3 (pid 17257)`: holds all of them');
  });
  test('figures of a lab are told as such, never as this host’s', () => {
    const avoidances = [...rules.values()].flatMap(({ avoid }) => avoid.map(({ why }) => why));
    expect(avoidances.filter((why) => /\(measured\)|famous four/.test(why))).toEqual([]);
    const text = readMessage(investigationMessage(investigate(snapshotOf('p04'))));
    expect(text).not.toMatch(/319|famous/);
  });
});

describe('why', () => {
  const of = (recording: string, id: string) => {
    const { diagnosis } = investigate(snapshotOf(recording));
    const rule = rules.get(id);
    const finding = diagnosis.findings.find((it) => it.id === id);
    if (rule === undefined || finding === undefined) throw new Error(`no ${id}`);
    return { rule, finding, host, measuredAt: diagnosis.measuredAt };
  };
  test.each([
    ['present', 'p03-tw', 'conntrack-full'],
    ['absent', 'c05', 'conntrack-full'],
    ['unjudged', 'c05', 'neigh-overflow'],
  ])('a rule that is %s', (name, recording, id) => {
    expectGolden(`why/${name}`, whyMessage(of(recording, id)));
    expectGoldenModal(`why/${name}-modal`, whyModal(of(recording, id)));
  });

  test.each([...rules.keys()])('%s can be explained on every host', (id) => {
    for (const recording of ['c06', 'p01', 'p13']) expect(complaints(whyMessage(of(recording, id)))).toEqual([]);
  });

  test('in full is all that the fold of the finding has, and more', () => {
    const why = of('p03-tw', 'conntrack-full');
    const full = readModal(whyModal(why));
    for (const has of [
      '*The remedy*',
      '*By hand, until the next boot*',
      "sysctl -w net.netfilter.nf_conntrack_max='262144'",
    ])
      expect(full).toContain(has);
    for (const { what } of why.finding.advice) expect(full).toContain(what);
  });
  test('a fold is named by what is in it', () => {
    const folds = (recording: string): string =>
      readMessage(investigationMessage(investigate(snapshotOf(recording))))
        .match(/^> .*\(.*\)$/gm)
        ?.join() ?? '';
    expect(folds('p04')).toBe('> Evidence and reasons (close-wait-leak)');
    expect(folds('p03-tw')).toBe('> Evidence, reasons and commands (conntrack-full)');
  });
  test('a rule that is nearly named is offered, and the whole list only where none is near', () => {
    const told = (typed: string): string => readMessage(unknownRuleMessage(typed, [], [...rules.keys()]));
    expect(told('conntrak')).toContain('Did you mean `conntrack-full` or `conntrack-near-full`?');
    expect(told('conntrak')).not.toContain('retransmission');
    expect(told('flux-capacitor')).toContain('retransmission');
  });
  test('a rule that is not there', () => {
    expectGolden(
      'why/unknown',
      unknownRuleMessage('conntrak-full', ['conntrack-full', 'conntrack-near-full'], [...rules.keys()]),
    );
  });
});

describe('states and raw', () => {
  test('the legend', () => {
    expectGoldenModal('legend', legendModal({ host, snapshot: snapshotOf('c02') }));
    expectGoldenModal('legend-alone', legendModal({ host }));
  });

  test('raw as a file and in a modal', () => {
    const raw = { host, measuredAt: '2026-11-22T12:01:07.000Z', transcript: transcriptOf('p03-tw') };
    expectGoldenModal('raw', rawModal(raw));
    expect(rawFile(raw)).toMatchObject({
      name: 'web-1-2026-11-22-12-01-07.txt',
      content: expect.stringContaining('@@end'),
    });
  });
});

describe('short answers', () => {
  const usage = {
    command: '/tcpstates',
    forms: [
      { form: '<host>', does: 'measure it and say what is wrong' },
      { form: '<host> --private', does: 'the same, for your eyes only' },
      { form: '<host> --why <rule>', does: 'explain one rule on its numbers' },
    ],
    examples: ['/tcpstates web-1', '/tcpstates web-1 --why conntrack-full'],
  };
  test('usage', () => {
    expectGolden('usage', usageMessage(usage));
    expectGolden('usage-wrong', usageMessage(usage, 'There is no option --privat. Did you mean --private?'));
  });
  test('unknown hosts', () => {
    expectGolden('unknown-host', unknownHostMessage('wbe-1', ['web-1', 'web-2']));
    expectGolden('unknown-host-alone', unknownHostMessage('<!channel> `rm -rf`\u202e', []));
  });
  test('problems and refusals', () => {
    expectGolden(
      'problem',
      problemMessage({
        what: 'The measurement stopped: this is a mistake of ours.',
        safe: 'Nothing was changed on web-1.',
        next: 'try again; tell the maintainers if it stays',
        logId: 'k3j2h1g0',
      }),
    );
    expectGolden(
      'refusal',
      refusalMessage({ what: 'Seeing db-1', why: 'policy.yml lets only the role dba see @db.', who: 'Anna, Ben' }),
    );
  });
});
