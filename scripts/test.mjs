// `npm test`: type-check, lint, then every test that this machine can run. What it could not run is said at the end, with
// how to enable it; with TCPSTATES_NOTHING_SKIPPED=1 (as .ci/run sets it) a skipped test is a failure.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runJest } from './jest.mjs';

const step = (title, command, args) => {
  process.stdout.write(`\n== ${title}\n`);
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: false });
  if (status !== 0) {
    process.stdout.write(`\n${title} failed: no test was run.\n\n0 passed, 1 failed\n`);
    process.exit(status ?? 1);
  }
};

step('types', 'npm', ['run', '--silent', 'typecheck']);
step('lint', 'npm', ['run', '--silent', 'lint']);
// The end-to-end tests drive the built program, as a user starts it.
step('build', 'npm', ['run', '--silent', 'build']);

const results = mkdtempSync(join(tmpdir(), 'tcpstates-test-'));
const run = (title, project, extra) => {
  process.stdout.write(`\n== ${title}\n`);
  const file = join(results, `${project}.json`);
  // A handle that a library leaves open must not keep the run from its end; what is left open is named by --detectOpenHandles.
  const code = runJest([
    '--forceExit',
    '--selectProjects',
    project,
    '--json',
    `--outputFile=${file}`,
    ...extra,
    ...process.argv.slice(2),
  ]);
  let counted;
  try {
    counted = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    counted = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0, numFailedTestSuites: 1 };
  }
  return { code, counted };
};
const runs = [
  run('unit tests', 'unit', ['--passWithNoTests']),
  run('tests that need the machine to themselves', 'alone', ['--runInBand', '--passWithNoTests']),
];
rmSync(results, { recursive: true, force: true });

const sum = (key) => runs.reduce((total, { counted }) => total + (counted[key] ?? 0), 0);
const passed = sum('numPassedTests');
const skipped = sum('numPendingTests');
// A suite that does not even load fails without a failed test: count it.
const failed = sum('numFailedTests') + sum('numRuntimeErrorTestSuites');
const broken = failed > 0 || runs.some(({ code }) => code !== 0);
process.stdout.write(`\n${passed} passed, ${broken ? Math.max(1, failed) : 0} failed, ${skipped} skipped\n`);
process.exit(broken ? 1 : 0);
