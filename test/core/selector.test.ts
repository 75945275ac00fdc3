import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Host, Inventory } from '../../src/core/inventory.js';
import { matcherOf, nearestNames, nearestTerms, parseSelector, resolveSelector } from '../../src/core/selector.js';
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
const resolved = (text: string, maySee?: (host: Host) => boolean) => {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return resolveSelector(parsed.selector, inventory, maySee);
};
const names = (text: string): string[] => resolved(text).hosts.map(({ name }) => name);

describe('a selector', () => {
  test.each([
    ['web-1', ['web-1']],
    ['web-1,api-1', ['web-1', 'api-1']],
    ['api-1 web-1', ['api-1', 'web-1']],
    ['api-1 web-?', ['web-1', 'web-2', 'web-3', 'api-1']],
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

  test('a pattern that somebody made up of many stars holds up nobody', () => {
    const many = Array.from({ length: 200 }, (_, at) => host(`a-name-of-thirty-characters-${100 + at}`, {}));
    const wide = { ...inventory, hosts: new Map(many.map((each) => [each.name, each])) };
    const parsed = parseSelector(`${'*?'.repeat(14)}Z`);
    if (!parsed.ok) throw new Error(parsed.problem);
    expect(resolveSelector(parsed.selector, wide)).toMatchObject({ hosts: [], unknown: [parsed.selector.text] });
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

  test('what is unknown is told term by term; a list with a label narrows, and is one', () => {
    expect(resolved('wbe-1,@wbe,role=cache').unknown).toEqual(['wbe-1,@wbe,role=cache']);
    expect(resolved('wbe-1,@wbe').unknown).toEqual(['wbe-1', '@wbe']);
  });

  test.each([
    ['wbe-1', ['web-1']],
    ['@wbe', ['@web']],
    ['!wbe-3', ['!web-3']],
    ['!@wbe', ['!@web']],
  ])('%s: what may have been meant', (term, near) => {
    expect(nearestTerms(term, inventory)[0]).toBe(near[0]);
  });

  test.each([
    ['@web,!wbe-3', ['!wbe-3']],
    ['@web,!@wbe,!role=cache,!wbe-*', ['!@wbe', '!role=cache', '!wbe-*']],
    ['@web,!web-3', []],
    ['@web,!api-1', []],
  ])('%s: exclusions that leave nobody out: %s', (text, idle) => {
    expect(resolved(text)).toMatchObject({ unknown: [], idle });
  });

  test('a hidden host that is named whole, to be taken or to be left out, is as one that is not registered', () => {
    const maySee = ({ name }: Host): boolean => name !== 'web-3';
    const told = (text: string) => JSON.stringify(resolved(text, maySee)).replaceAll('web-3', 'web-9');
    for (const [hidden, none] of [
      ['web-1,web-3', 'web-1,web-9'],
      ['web-1 web-3,env=test', 'web-1 web-9,env=test'],
      ['@web,!web-3', '@web,!web-9'],
    ] as const)
      expect(told(hidden)).toBe(told(none));
    expect(resolved('@web,!web-2', maySee)).toMatchObject({ excluded: 1, hidden: 1, idle: [] });
    expect(resolved('@web,!env=test', maySee)).toMatchObject({ excluded: 0, hidden: 0, idle: ['!env=test'] });
  });

  test('policy is asked once of each host that was named, and of no other', () => {
    const asked: string[] = [];
    resolved('web-1,web-?,!web-2', ({ name }) => asked.push(name) > 0);
    expect(asked.sort()).toEqual(['web-1', 'web-2', 'web-3']);
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
          expect(new Set(hosts.filter(matches))).toEqual(new Set(resolveSelector(parsed.selector, inventory).hosts));
        },
      ),
    );
  });
});
