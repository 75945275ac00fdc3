// Runs src/ssh/worker.ts as it is: a worker thread knows nothing of jest's transforms. Only for tests.
import { register } from 'node:module';

const hooks = `
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { transform } from '@swc/core';
export const resolve = async (specifier, context, next) => {
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts'))
    return next(specifier.slice(0, -3) + '.ts', context);
  return next(specifier, context);
};
export const load = async (url, context, next) => {
  if (!url.endsWith('.ts')) return next(url, context);
  const { code } = await transform(await readFile(new URL(url), 'utf8'), {
    filename: fileURLToPath(url),
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
};
`;
const root = new URL('../../package.json', import.meta.url);
register(
  `data:text/javascript,${encodeURIComponent(hooks.replaceAll("'@swc/core'", JSON.stringify(import.meta.resolve('@swc/core'))))}`,
  root,
);
await import('../../src/ssh/worker.ts');
