import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { loadCommands } from '../src/commands.js';
import { manifestYaml } from '../src/manifest.js';

test('manifest.yml says what the code says; write it anew with: npm run build && node dist/src/cli/manifest.js', async () => {
  expect(readFileSync(new URL('../manifest.yml', import.meta.url), 'utf8')).toBe(manifestYaml(await loadCommands()));
});

test('Slack takes it: names, lengths, no scope twice', async () => {
  const manifest = parse(manifestYaml(await loadCommands()));
  expect(manifest.display_information.long_description.length).toBeGreaterThanOrEqual(174);
  expect(manifest.display_information.description.length).toBeLessThanOrEqual(140);
  for (const { command, description, usage_hint } of manifest.features.slash_commands) {
    expect(command).toMatch(/^\/[a-z]{1,31}$/);
    expect(description.length).toBeGreaterThan(10);
    expect(usage_hint.length).toBeGreaterThan(0);
  }
  const scopes: string[] = manifest.oauth_config.scopes.bot;
  expect(new Set(scopes).size).toBe(scopes.length);
});
