/** Writes manifest.yml anew from the code. */
import { writeFileSync } from 'node:fs';
import { loadCommands } from '../commands.js';
import { manifestYaml } from '../manifest.js';

const file = process.argv[2] ?? 'manifest.yml';
writeFileSync(file, manifestYaml(await loadCommands()));
process.stdout.write(`${file} written\n`);
