import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Host, Inventory } from '../../src/core/inventory.js';
import { matcherOf, nearestNames, parseSelector, patternToRegExp, resolveSelector } from '../../src/core/selector.js';
import { aHost } from '../support/hosts.js';

const host = (name: string, labels: Record<string, string>, groups: string[] = []): Host =>
  aHost(name, { labels, groups });
const hosts = [
  host('web-1', { env: 'prod', role: 'web' }, ['web']),
  host('web-2', { env: 'prod', role: 'web' }, ['web']),
  host('web-3', { env: 'test', role: 'web' }, ['web']),
  host('api-1', { env: 'prod', role: 'api' }),
  host('db.eu-1', { env: 'prod', role: 'db' }),
];
const inventory: Inventory = {
  hosts: new Map(hosts.map((each) => [each.name, each])),
  groups: new Map([
    ['web', ['web-1', 'web-2', 'web-3']],
    ['edge', ['web-1', 'api-1']],
  ]),
  revision: '1',
};
const names = (text: string): string[] => {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return resolveSelector(parsed.selector, inventory).hosts.map(({ name }) => name);
};

describe('a selector', () => {
  test.each([
    ['web-1', ['web-1']],
    ['web-1,api-1', ['web-1', 'api-1']],
    ['api-1 web-1', ['web-1', 'api-1']],
    ['web-1,web-1', ['web-1']],
    ['web-*', ['web-1', 'web-2', 'web-3']],
    ['web-?', ['web-1', 'web-2', 'web-3']],
    ['*', ['web-1', 'web-2', 'web-3', 'api-1', 'db.eu-1']],
    ['@web', ['web-1', 'web-2', 'web-3']],
    ['@edge', ['web-1', 'api-1']],
    ['env=prod,role=web', ['web-1', 'web-2']],
    ['@web,env=prod', ['web-1', 'web-2']],
    ['env=test role=api', ['web-3', 'api-1']],
    ['@web,!web-3', ['web-1', 'web-2']],
    ['env=prod,!@web', ['api-1', 'db.eu-1']],
    ['* !env=prod', ['web-3']],
    ['web-1,!web-1', []],
    ['db.eu-?', ['db.eu-1']],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  test('a dot in a pattern is a dot', () => {
    expect(patternToRegExp('db.eu*').test('dbxeu-1')).toBe(false);
  });

  test.each([
    ['', 'No host'],
    ['!web-3', 'leave out'],
    ['web-1;reboot', 'names no host'],
    ['$(id)', 'names no host'],
    ['-oProxyCommand=x', 'names no host'],
    ['../etc', 'names no host'],
    ['@', 'names no host'],
    [Array.from({ length: 101 }, (_, i) => `h${i}`).join(','), 'More than 100'],
  ])('%s is refused', (text, problem) => {
    const parsed = parseSelector(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? '' : parsed.problem).toContain(problem);
  });

  test('what is unknown comes with what may have been meant', () => {
    const parsed = parseSelector('wbe-1,@wbe,role=cache');
    if (!parsed.ok) throw new Error(parsed.problem);
    // A list with a label narrows: it is one term that names nothing.
    expect(resolveSelector(parsed.selector, inventory).unknown).toEqual([
      { term: 'wbe-1,@wbe,role=cache', nearest: [] },
    ]);
    const plain = parseSelector('wbe-1,@wbe');
    if (!plain.ok) throw new Error(plain.problem);
    expect(resolveSelector(plain.selector, inventory).unknown).toEqual([
      { term: 'wbe-1', nearest: ['web-1'] },
      { term: '@wbe', nearest: ['@web'] },
    ]);
  });

  test('the nearest names begin with what was typed', () => {
    expect(nearestNames('api', ['web-1', 'api-12', 'apx-1'])).toEqual(['api-12']);
    expect(nearestNames('zzz', ['web-1', 'api-1', 'db-1', 'a', 'b', 'c'])).toEqual([]);
  });

  test('no text makes it throw, and what it names is registered', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[@!a-z0-9*?=,. -]{0,40}$/)), (text) => {
        const parsed = parseSelector(text);
        if (!parsed.ok) return parsed.problem.length > 0;
        return resolveSelector(parsed.selector, inventory).hosts.every(({ name }) => inventory.hosts.has(name));
      }),
    );
  });
});

describe('a selector, one host at a time', () => {
  const terms = [
    'web-1',
    'api-1',
    'web-*',
    '?*-1',
    '@web',
    '@edge',
    '@none',
    'env=prod',
    'role=web',
    '!web-3',
    '!@edge',
  ];
  test('names the hosts that it names among all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...terms), { minLength: 1, maxLength: 4 }),
        fc.constantFrom(',', ' '),
        (some, by) => {
          const parsed = parseSelector(some.join(by));
          fc.pre(parsed.ok);
          if (!parsed.ok) return;
          const matches = matcherOf(parsed.selector, inventory);
          expect(hosts.filter(matches)).toEqual(resolveSelector(parsed.selector, inventory).hosts);
        },
      ),
    );
  });
});
