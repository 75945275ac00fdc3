#!/usr/bin/env node
// The package's command. The program is TypeScript: what is missing is built once, and said on standard error.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const program = new URL('../dist/src/cli/main.js', import.meta.url);
if (!existsSync(program)) {
  process.stderr.write('tcpstates: building once, this takes a few seconds …\n');
  const build = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [build], { stdio: ['ignore', 2, 2] });
  if (status !== 0 || !existsSync(program)) {
    process.stderr.write(
      'tcpstates: the build failed. Run `npm ci` in the project first, then `npm run build` to see why.\n',
    );
    process.exit(2);
  }
}
const { run } = await import(program.href);
await run(process.argv);
