/** `policy check` says whether policy.yml can be used; `policy explain` why somebody may or may not do something. */
import { type Command, Option } from 'commander';
import { loadInventory } from '../config/inventory.js';
import { loadPolicy } from '../config/policy.js';
import { ACTIONS, type Action, evaluate, evaluateKeys, type Policy, personOf } from '../core/policy.js';
import { loadSysctls } from '../sysctls.js';

interface Files {
  policy: string;
  inventory: string;
}

const withFiles = (command: Command): Command =>
  command
    .option('--policy <file>', 'the policy', process.env['TCPSTATES_POLICY'] ?? 'policy.yml')
    .option('--inventory <file>', 'the inventory', process.env['TCPSTATES_INVENTORY'] ?? 'inventory.yml');

const check = (files: Files, program: Command): void => {
  try {
    const policy = loadPolicy(files.policy);
    const { people, roles, grants, keys, freezes } = policy;
    process.stdout.write(
      `${files.policy} can be used: ${people.size} people, ${roles.size} roles, ${grants.length} grants, ${keys.length} keys, ${freezes.length} freezes.\n`,
    );
    const warnings: string[] = [];
    for (const role of roles.values())
      if (role.people.length === 0 && role.userGroups.length === 0)
        warnings.push(`role ${role.name} is empty: it allows nobody anything`);
    for (const [index, grant] of grants.entries()) {
      const approvers = new Set((grant.roles.approve ?? []).flatMap((role) => roles.get(role)?.people ?? []));
      const fromGroups = (grant.roles.approve ?? []).some((role) => (roles.get(role)?.userGroups.length ?? 0) > 0);
      if ((grant.roles.propose?.length ?? 0) > 0 && approvers.size < 2 && !fromGroups)
        warnings.push(
          `grant ${index + 1}: ${approvers.size === 0 ? 'nobody' : `only ${[...approvers].join()}`} may approve, and nobody approves their own request`,
        );
    }
    for (const warning of warnings) process.stdout.write(`mind: ${warning}\n`);
  } catch (error) {
    program.error(error instanceof Error ? error.message : String(error));
  }
};

const accountOf = (policy: Policy, person: string): string => policy.people.get(person)?.accounts[0] ?? person;

const explain = async (
  [person, action, hostName, ...settings]: readonly string[],
  options: Files & { channel?: string; guest?: true; at?: string },
  program: Command,
): Promise<void> => {
  try {
    const policy = loadPolicy(options.policy);
    const inventory = loadInventory(options.inventory);
    const host = inventory.hosts.get(hostName ?? '');
    if (host === undefined) return program.error(`error: no host “${hostName ?? ''}” in ${options.inventory}`);
    const known = ACTIONS.find((name) => name === action);
    if (known === undefined)
      return program.error(`error: no action “${action ?? ''}”; there are ${ACTIONS.join(', ')}`);
    const nowMs = options.at === undefined ? Date.now() : Date.parse(options.at);
    if (Number.isNaN(nowMs)) return program.error('error: --at expects a time such as 2026-12-01T12:00:00Z');
    const account = accountOf(policy, person ?? '');
    const verdict = evaluate(policy, inventory, {
      subject: { account, userGroups: [], member: options.guest !== true },
      action: known satisfies Action,
      host,
      nowMs,
      ...(options.channel === undefined ? {} : { channel: options.channel }),
    });
    const lines = verdict.steps.map(
      ({ question, answer, holds }) => `  ${holds ? 'yes' : 'NO '}  ${question}  ${answer}`,
    );
    let allowed = verdict.allowed;
    let why = verdict.why;
    if (settings.length > 0 && allowed) {
      const entries = settings.map((setting) => {
        const [key = '', ...value] = setting.split('=');
        return { key, to: value.join('=') };
      });
      const keys = evaluateKeys(policy, await loadSysctls(), entries);
      allowed = keys.allowed;
      why = keys.allowed
        ? `${why}; takes ${keys.approvals} approval(s)${keys.stepUp ? ' with a one-time code' : ''}, ${keys.mayPersist ? 'also persistent' : 'runtime only'}`
        : keys.why;
      lines.push(`  ${keys.allowed ? 'yes' : 'NO '}  May these values be set?  ${keys.why}`);
    }
    process.stdout.write(
      `${allowed ? 'ALLOWED' : 'DENIED'}  ${personOf(policy, account)} ${known} on ${host.name}: ${why}\n${lines.join('\n')}\n`,
    );
    if (!allowed && verdict.whoCould.length > 0) process.stdout.write(`Could: ${verdict.whoCould.join(', ')}\n`);
    process.exitCode = allowed ? 0 : 1;
  } catch (error) {
    program.error(error instanceof Error ? error.message : String(error));
  }
};

export const register = (program: Command): void => {
  const policy = program
    .command('policy')
    .description('what may be set and by whom: check the file, explain an answer');
  withFiles(policy.command('check').description('whether the policy can be used, and what to mind')).action(
    (files: Files) => check(files, program),
  );
  withFiles(policy.command('explain').description('why somebody may or may not do something; exit status 1 where not'))
    .argument('<person>', 'a name in the policy, or a Slack id as in T0123456:U0123456')
    .argument('<action>', ACTIONS.join(', '))
    .argument('<host>', 'a host of the inventory')
    .argument('[settings...]', 'key=value, to ask for these values too')
    .option('--channel <id>', 'as asked in this channel')
    .addOption(new Option('--guest', 'as a guest, or anybody who is no full member'))
    .option('--at <time>', 'as asked at this time')
    .action((person: string, action: string, host: string, settings: string[], options: Files) =>
      explain([person, action, host, ...settings], options, program),
    );
};
