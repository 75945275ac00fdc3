// Compiles into dist/. Cleans first: a deleted .ts would leave a .js behind that still loads.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

rmSync(join(root, 'dist'), { recursive: true, force: true });
for (const project of ['tsconfig.build.json', 'src/workspace/page/tsconfig.json']) {
  if (!existsSync(join(root, project))) continue;
  const { status } = spawnSync(process.execPath, [tsc, '-p', project, '--noEmit', 'false'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

// What tsc does not carry over: shell programs, pages, styles, recorded transcripts.
const carried = /\.(sh|html|css|svg|txt|py)$/;
const copyTree = (dir) => {
  for (const entry of readdirSync(dir)) {
    const path = join(dir, entry);
    if (statSync(path).isDirectory()) copyTree(path);
    else if (carried.test(entry)) {
      const to = join(root, 'dist', relative(root, path));
      mkdirSync(dirname(to), { recursive: true });
      cpSync(path, to);
    }
  }
};
copyTree(join(root, 'src'));
writeFileSync(join(root, 'dist/package.json'), '{"type":"module"}\n');
