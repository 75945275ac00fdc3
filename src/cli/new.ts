/** `npm run new rule <id>`: makes the file of a rule and its cases, ready to be filled in. Also `command` and `sysctl`. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Argument, Command } from 'commander';
import { ID, type Kind, MAKE, NEXT } from './text/templates.js';

new Command('npm run new')
  .description('make the files of a new rule, command or sysctl entry')
  .addArgument(new Argument('<kind>').choices(Object.keys(MAKE)))
  .argument('<id>', 'its id: the name of its file')
  .action((kind: Kind, id: string, _options: object, program: Command) => {
    const { form, example } = ID[kind];
    if (!form.test(id)) program.error(`error: ${id} can't be the id of a ${kind}; one would be ${example}`);
    const files = MAKE[kind](id);
    const taken = files.find(({ path }) => existsSync(path));
    if (taken !== undefined) program.error(`error: ${taken.path} exists; nothing was written`);
    for (const { path, text } of files) {
      mkdirSync(dirname(join(process.cwd(), path)), { recursive: true });
      writeFileSync(path, text);
      process.stdout.write(`${path}\n`);
    }
    process.stdout.write(`${NEXT[kind](id)}\n`);
  })
  .parse();
