/** Hosts in alerts: those that are meant, no others, whatever the text does. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hostsInText } from '../../src/core/alert-text.js';
import { aHost } from '../support/bot-fakes.js';

const hosts = [
  aHost('web-1', { address: '10.0.0.1' }),
  aHost('web-10', { address: '10.0.0.10' }),
  aHost('db-1', { address: 'db-1.prod.example.com' }),
  aHost('cache-1.eu.example.com', { address: '10.0.0.30' }),
  aHost('v6', { address: 'fd00::1' }),
  aHost('api', { address: '10.0.0.40' }),
  aHost('left', { address: '127.0.0.1', port: 2201 }),
  aHost('right', { address: '127.0.0.1', port: 2202 }),
];
const names = (text: string): string[] => hostsInText(text, hosts).named.map(({ host }) => host.name);

describe('what names a host', () => {
  test.each([
    ['[FIRING:1] NodeConntrackFull instance="10.0.0.1:9100" job="node" severity="critical"', ['web-1']],
    ['*Alert:* HighTimeWait\n*Details:*\n • *instance:* `web-1:9100`\n • *alertname:* `HighTimeWait`', ['web-1']],
    ['PagerDuty: Triggered #4711 on db-1.prod.example.com: connections refused', ['db-1']],
    ['Host\nweb-10\nService\nhttp', ['web-10']],
    ['**Firing**\n\nValue: B=22, C=1\nLabels:\n - alertname = tcp\n - instance = 10.0.0.10:9100', ['web-10']],
    ['http://web-1:8080/health is down', ['web-1']],
    ['Silence: https://alerts.example.com/#/silences/new?filter=%7Binstance%3D%2210.0.0.1%3A9100%22%7D', ['web-1']],
    ['web-1, web-10 and cache-1 are slow.', ['web-1', 'web-10', 'cache-1.eu.example.com']],
    ['WEB-1.prod.example.com!', ['web-1']],
    ['Zabbix: Problem on ip-10-0-0-1.ec2.internal', ['web-1']],
    ['dial tcp [fd00::1]:9100: connect: connection refused', ['v6']],
    ['dial tcp fd00:0:0:0:0:0:0:1 failed', ['v6']],
    ['127.0.0.1:2202 is down', ['right']],
    ['web-1 again, web-1 and 10.0.0.1', ['web-1']],
    ['host=api is down', ['api']],
    ['`api` is down', ['api']],
    ['api:9100 is down', ['api']],
    ["web-1's disk; (web-10)", ['web-1', 'web-10']],
  ])('%s', (text, expected) => expect(names(text)).toEqual(expected));
});

describe('what names none', () => {
  test.each([
    'the api is slow, go left or right',
    'web-11 and 10.0.0.100 and 110.0.0.1',
    'db-1.staging.example.com has the same first name and is another host',
    'the network 10.0.0.0/24',
    'https://grafana.example.com/api/dashboards',
    '127.0.0.1:9100 may be either',
    '',
    '10.0.0.1.5',
  ])('%s', (text) => expect(names(text)).toEqual([]));
});

describe('where links lead', () => {
  const linked = (text: string, ...links: string[]): string[] =>
    hostsInText(text, hosts, links).named.map(({ host }) => host.name);
  test.each([
    ['https://grafana.example.com/d/abc/node?var-instance=web-1%3A9100&from=now-1h', ['web-1']],
    ['https://alerts/#/alerts?filter=%7Binstance%3D%2210.0.0.10%3A9100%22%7D', ['web-10']],
    ['http://prometheus:9090/graph?g0.expr=up%7Binstance%3D%22db-1.prod.example.com%3A9100%22%7D', ['db-1']],
    // Grafana's explore page: JSON whose quotes are encoded twice
    ['https://g/explore?left=%257B%2522expr%2522%253A%2522up%257Binstance%253D%255C%2522web-1%253A9100', ['web-1']],
    ['https://mon/d?var-host=api', ['api']],
    ['https://web-10:3000/alerting/list', ['web-10']],
    ['https://grafana.example.com/api/left/right?host=left-over', []],
    ['https://grafana.example.com/d/web-11?x=110.0.0.1', []],
    ['javascript:web-1', []],
  ])('%s', (link, expected) => expect(linked('CheckoutErrors', link)).toEqual(expected));

  test('the machine that a page comes from does not count beside a host that is named', () => {
    expect(linked('web-1 is slow', 'https://web-10:3000/d/abc')).toEqual(['web-1']);
    expect(linked('slow', 'https://web-10:3000/d?var-instance=web-1')).toEqual(['web-1']);
  });
  test('says nothing of what is not registered: a link is seldom about the machine in it', () => {
    expect(hostsInText('slow', hosts, ['https://10.9.9.9/d?instance=web-77:9100']).unregistered).toEqual([]);
  });
});

test('what is named and not registered is told, so that nobody wonders', () => {
  expect(hostsInText('instance="web-77:9100" and 10.9.9.9 of 10.0.0.0/24, v1.2.3', hosts).unregistered).toEqual([
    'web-77',
    '10.9.9.9',
  ]);
});

describe('whatever the text', () => {
  const noise = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.constantFrom(
      '\u202e',
      '<!channel>',
      '::::::',
      '[[[[',
      '....',
      '----',
      'host='.repeat(50),
      ':'.repeat(300),
      '%zz',
      'http://',
    ),
  );
  test('it never throws, tells registered hosts only, each once, and a host that stands alone is found', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 8 }), fc.constantFrom(...hosts.slice(0, 4)), (parts, host) => {
        const text = `${parts.join(' ')} \n${host.name}\n ${parts.join('')}`;
        const found = hostsInText(text, hosts).named.map((it) => it.host);
        expect(found.every((it) => hosts.includes(it))).toBe(true);
        expect(new Set(found).size).toBe(found.length);
        expect(found).toContain(host);
      }),
    );
  });

  test('time grows with the text, not with its square', () => {
    for (const evil of ['a.', '1.', 'a-', ':1', '::', 'f:', '[', 'host ', 'http://a', '"`*_']) {
      // Where it grew with the square, the test would not end in its time.
      expect(hostsInText(evil.repeat(40_000 / evil.length), hosts).named).toEqual([]);
    }
  });
});

test('of 10,000 hosts the right ones', () => {
  const many = Array.from({ length: 10_000 }, (_, at) =>
    aHost(`node-${at}`, { address: `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}` }),
  );
  const text = `instance="10.0.39.15:9100" ${'lorem ipsum '.repeat(1_000)} node-42.dc1.example.com`;
  expect(hostsInText(text, many).named.map(({ host }) => host.name)).toEqual(['node-9999', 'node-42']);
});
