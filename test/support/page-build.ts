/** The page as the browser gets it: compiled once a test run into a folder of its own. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
let built: string | undefined;

/** @returns the folder that is served below `/page/`, with index.html in it */
export const buildPage = (): string => {
  if (built !== undefined) return built;
  const out = mkdtempSync(join(tmpdir(), 'tcpstates-page-'));
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      '-p',
      join(root, 'src/workspace/page/tsconfig.json'),
      '--noEmit',
      'false',
      '--outDir',
      out,
    ],
    { stdio: 'pipe' },
  );
  built = join(out, 'src/workspace/page');
  for (const carried of ['index.html', 'css'])
    cpSync(join(root, 'src/workspace/page', carried), join(built, carried), { recursive: true });
  return built;
};
