// Compiles into dist/, anew each time: a deleted .ts would leave a .js behind that still loads. What is built stands
// beside the old one until it is whole, so that a failed build takes nothing away and a running program hardly notices.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const dist = join(root, 'dist');
const fresh = join(root, `dist-${process.pid}`);

if (!existsSync(tsc)) {
  process.stderr.write('The packages are not installed: run npm ci first.\n');
  process.exit(1);
}
process.on('exit', () => rmSync(fresh, { recursive: true, force: true }));
for (const project of ['tsconfig.build.json', 'src/workspace/page/tsconfig.json']) {
  const args = [tsc, '-p', project, '--noEmit', 'false', '--outDir', fresh];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

// What tsc does not carry over: shell and Python programs, pages, styles, recorded transcripts.
const carried = /\.(sh|html|css|svg|txt|py)$/;
const copyTree = (dir) => {
  for (const entry of readdirSync(dir)) {
    const path = join(dir, entry);
    if (statSync(path).isDirectory()) copyTree(path);
    else if (carried.test(entry)) {
      const to = join(fresh, relative(root, path));
      mkdirSync(dirname(to), { recursive: true });
      cpSync(path, to);
    }
  }
};
copyTree(join(root, 'src'));
copyTree(join(root, 'bench'));
writeFileSync(join(fresh, 'package.json'), '{"type":"module"}\n');

const old = `${fresh}-old`;
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
