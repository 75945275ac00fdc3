// Runs jest with ES modules: `npm run test:only -- test/core` or any other jest arguments.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string[]} args jest's arguments @returns {number} jest's exit code */
export const runJest = (args) =>
  spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`,
    },
  }).status ?? 1;

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(runJest(process.argv.slice(2)));
