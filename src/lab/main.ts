/** `npm run lab`: cases in network namespaces as hosts that the local workspace, or any bot, can be pointed at. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { clearAbandoned, LAB_ROOT, RunningCase, runningCases } from './case.js';
import { LAB_CASES, labCase } from './cases.js';
import { enrollment, inventoryText } from './files.js';

const say = (...lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);

const known = (id: string) => {
  const found = labCase(id);
  if (found === undefined) throw new Error(`there is no case “${id}”: npm run lab -- list`);
  return found;
};
const upOnes = (): RunningCase[] =>
  runningCases().flatMap((id) => {
    const running = RunningCase.find(id);
    return running === undefined ? [] : [running];
  });

const up = async (
  id: string,
  { gate, calm, minutes, inventory }: { gate?: true; calm?: true; minutes: string; inventory: string },
): Promise<void> => {
  const about = known(id);
  const minutesMax = Number(minutes);
  if (!Number.isInteger(minutesMax) || minutesMax < 1 || minutesMax > 720)
    throw new Error(`--minutes: expected a whole number from 1 to 720, not “${minutes}”`);
  if (gate === true && about.place === 'host')
    throw new Error(`${id} is asked of this machine itself: it gets no gate`);
  say(`${about.id}: ${about.about}`);
  const running = await RunningCase.up(about, {
    secondsMax: minutesMax * 60,
    ...(gate === true ? { enroll: await enrollment() } : {}),
  });
  try {
    if (calm !== true) await running.start();
  } catch (error) {
    await running.down();
    throw error;
  }
  const path = resolve(inventory);
  writeFileSync(path, inventoryText(upOnes().map(({ host }) => host)), { mode: 0o600 });
  const { host } = running;
  say(
    `up for ${minutesMax} minutes at ${host.address}:${host.port}, in namespace lab-${id}-host${gate === true ? ', with the gate' : ''}`,
    `written: ${path}`,
    'Point the local workspace at it:',
    `  TCPSTATES_INVENTORY=${path} npm start`,
    ...(calm === true
      ? [`Ask it once, so that the connection is warm, then begin its trouble:\n  npm run lab -- start ${id}`]
      : about.warmOnly === true
        ? [`New SSH connections fail now, as they would in an incident. For a warm one use up --calm, ask, then start.`]
        : []),
    `Take it down:  npm run lab -- down ${id}`,
  );
};

const program = new Command('lab').description(
  'Cases of real trouble in network namespaces of this machine (Linux, root), each with a real sshd of its own.',
);
program
  .command('list')
  .description('every case')
  .action(() => {
    const width = Math.max(...LAB_CASES.map(({ id }) => id.length));
    say(...LAB_CASES.map(({ id, about }) => `${id.padEnd(width)}  ${about}`));
  });
program
  .command('up <case>')
  .description('brings a case up as a host and writes an inventory')
  .option('--gate', 'enroll it, so that changes can be tried')
  .option('--calm', 'without its trouble yet')
  .option('--minutes <n>', 'taken down after', '60')
  .option('--inventory <file>', 'where to write it', join(LAB_ROOT, 'inventory.yml'))
  .action(up);
program
  .command('start <case>')
  .description('begins the trouble of a case that is up and calm')
  .action(async (id: string) => {
    const running = RunningCase.find(known(id).id);
    if (running === undefined) throw new Error(`${id} is not up: npm run lab -- up ${id} --calm`);
    await running.start();
    say(`${id}: ${await running.states()}`);
  });
program
  .command('down [case]')
  .description('takes a case down, or all of them')
  .action(async (id: string | undefined) => {
    await clearAbandoned();
    for (const name of id === undefined ? runningCases() : [known(id).id]) {
      const running = RunningCase.find(name);
      if (running === undefined) say(`${name} is not up`);
      else {
        await running.down();
        say(`${name} is down`);
      }
    }
  });
program
  .command('status')
  .description('what is up, and its TCP states')
  .action(async () => {
    await clearAbandoned();
    const ones = upOnes();
    if (ones.length === 0) say('nothing is up');
    for (const one of ones)
      say(
        `${one.about.id}  ${one.started ? 'in trouble' : 'calm'}  ${one.host.address}:${one.host.port}  ${join(one.folder)}`,
        `  ${await one.states()}`,
      );
  });

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
