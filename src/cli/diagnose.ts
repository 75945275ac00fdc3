/** `diagnose [file]`: the same diagnosis as in Slack, from a saved transcript, as text or as JSON. */
import { readFileSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { diagnose, type Outcome, outcomeOf } from '../core/diagnose.js';
import type { Diagnosis } from '../core/finding.js';
import type { Rule, Thresholds } from '../core/rule.js';
import type { Snapshot } from '../core/snapshot.js';
import { parseTranscript } from '../core/transcript.js';
import { loadRules, thresholdsOf } from '../rules.js';
import { diagnosisText, whyText } from './text/diagnosis.js';
import { styleOf } from './text/terminal.js';

/** 0 nothing at warn or crit; 1 something; 2 could not judge, and every mistake in what was typed. */
const EXIT: Readonly<Record<Outcome, number>> = { 'nothing wrong': 0, 'something wrong': 1, 'could not judge': 2 };
const COULD_NOT = 2;
const WIDTH_DEFAULT = 100;
const WIDTH_MAX = 120;

interface Options {
  json?: true;
  why?: string;
  host?: string;
  previous?: string;
  threshold?: Thresholds;
}

interface Source {
  text: string;
  measuredAt: string;
}

class Refusal extends Error {}

const fromFile = (path: string): Source => {
  try {
    return { text: readFileSync(path, 'utf8'), measuredAt: statSync(path).mtime.toISOString() };
  } catch (error) {
    throw new Refusal(`${path} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const fromInput = async (): Promise<Source> => {
  if (process.stdin.isTTY)
    throw new Refusal(
      'no transcript: name a file, or pipe one in:\n  npx tcpstates probe-script > probe.sh\n  ssh HOST sh -s < probe.sh | npx tcpstates diagnose',
    );
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
  return { text: Buffer.concat(chunks).toString('utf8'), measuredAt: new Date().toISOString() };
};

const snapshotOf = ({ text, measuredAt }: Source, host: string | undefined): Snapshot => {
  const snapshot = parseTranscript(text, { host: host ?? '', measuredAt, tookMs: 0 });
  const { facts } = snapshot.readings;
  return { ...snapshot, host: host ?? (facts.status === 'ok' ? facts.value.hostname : 'unknown host') };
};

/** A saved transcript does not say when it was taken; the host's uptimes say how far apart two of them are. */
const before = (previous: Snapshot, snapshot: Snapshot): Snapshot => {
  const [then, now] = [previous.readings.facts, snapshot.readings.facts];
  if (then.status === 'failed' || now.status === 'failed') return previous;
  const ms = (now.value.uptimeSeconds - then.value.uptimeSeconds) * 1000;
  return { ...previous, host: snapshot.host, measuredAt: new Date(Date.parse(snapshot.measuredAt) - ms).toISOString() };
};

const threshold = (typed: string, earlier: Thresholds = {}): Thresholds => {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(\d+(?:\.\d+)?)$/.exec(typed) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('NAME=NUMBER, e.g. CONNTRACK_FULL_RATIO=0.9');
  return { ...earlier, [name]: Number(value) };
};

const checkNames = (options: Options, rules: ReadonlyMap<string, Rule>): void => {
  const known = thresholdsOf(rules);
  for (const name of Object.keys(options.threshold ?? {}))
    if (!known.has(name))
      throw new Refusal(`no threshold is named ${name}. There are: ${[...known.keys()].sort().join(', ')}`);
  if (options.why !== undefined && !rules.has(options.why))
    throw new Refusal(`no rule is named ${options.why}. There are: ${[...rules.keys()].join(', ')}`);
};

/** The published form: `diagnose --json`. Everything of a finding, with the title of its rule. */
export const publishedForm = (diagnosis: Diagnosis, rules: ReadonlyMap<string, Rule>): object => ({
  ...diagnosis,
  findings: diagnosis.findings.map((finding) => ({ ...finding, title: rules.get(finding.id)?.title ?? finding.id })),
});

const act = async (file: string | undefined, options: Options): Promise<number> => {
  const rules = await loadRules();
  checkNames(options, rules);
  const snapshot = snapshotOf(file === undefined || file === '-' ? await fromInput() : fromFile(file), options.host);
  const previous = options.previous === undefined ? undefined : snapshotOf(fromFile(options.previous), options.host);
  const diagnosis = diagnose({
    snapshot,
    ...(previous !== undefined && { previous: before(previous, snapshot) }),
    ...(options.threshold !== undefined && { thresholds: options.threshold }),
    rules,
  });
  const outcome = outcomeOf(diagnosis);
  if (snapshot.readings.facts.status === 'failed')
    process.stderr.write(
      `tcpstates: ${snapshot.readings.facts.reason}. A transcript is what \`ssh HOST sh -s < probe.sh\` prints, with the probe from \`npx tcpstates probe-script\`.\n`,
    );
  const finding = diagnosis.findings.find(({ id }) => id === options.why);
  const rule = options.why === undefined ? undefined : rules.get(options.why);
  if (options.json) {
    const whole = publishedForm(finding === undefined ? diagnosis : { ...diagnosis, findings: [finding] }, rules);
    process.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
  } else {
    const style = styleOf(process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '');
    const width = Math.min(WIDTH_MAX, process.stdout.columns ?? WIDTH_DEFAULT);
    process.stdout.write(
      finding !== undefined && rule !== undefined
        ? whyText(finding, rule, rules, {
            style,
            width,
            ...(options.threshold !== undefined && { thresholds: options.threshold }),
          })
        : diagnosisText(diagnosis, snapshot, rules, { style, width }),
    );
  }
  return EXIT[outcome];
};

export const register = (program: Command): void => {
  program
    .command('diagnose')
    .description('say what is wrong, from a saved transcript of the probe (a file, or standard input)')
    .argument('[file]', 'the transcript; standard input without it, or with -')
    .option('--json', 'one JSON object instead of text')
    .option('--why <rule>', 'explain one rule on these numbers, also when it found nothing')
    .option('--host <name>', 'what to call the host (default: what it calls itself)')
    .option('--previous <file>', 'an earlier transcript of the same host, for growth')
    .addOption(
      new Option('--threshold <NAME=NUMBER>', 'another value for a constant; may be repeated').argParser(threshold),
    )
    .addHelpText(
      'after',
      '\nExit status: 0 nothing at warn or crit, 1 something, 2 could not judge (or a mistake in what was typed).',
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : COULD_NOT))
    .action(async (file: string | undefined, options: Options) => {
      try {
        process.exitCode = await act(file, options);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        process.stderr.write(`tcpstates: ${error.message}\n`);
        process.exitCode = COULD_NOT;
      }
    });
};
