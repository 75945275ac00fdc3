/** What live cases said, kept as transcripts for the tests and as recordings to replay: without a trace of the machine. */
import { writeFileSync } from 'node:fs';

/** Hosts of the local workspace that are recordings, and of what. The names tell nothing away. */
const RECORDINGS: Readonly<Record<string, string>> = {
  article: 'web-1',
  'server-time-wait': 'web-2',
  'close-wait-leak': 'api-1',
  'leak-to-accept-queue': 'app-1',
  'syn-sent': 'db-1',
  'syn-flood': 'edge-1',
  'time-wait-ports-wide': 'proxy-1',
  'fin-wait2-orphans': 'queue-1',
};

/** @param host the name that it gets instead */
const anonymous = (transcript: string, host: string): string =>
  transcript
    .replace(/( host=)\S+/, `$1${host}`)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '5f3c1b2a-0000-4000-8000-000000000001')
    .replace(/(\d+\.\d+\.\d+)-[A-Za-z0-9][\w.-]*/g, '$1-generic')
    .concat(transcript.endsWith('\n') ? '' : '\n');

/** As in a data centre, and without what the kernel logged of other namespaces. */
const asHost = (transcript: string, host: string): string => {
  const netns = /^netns=net:\[(\d+)\]/m.exec(transcript)?.[1] ?? 'none';
  return anonymous(transcript, host)
    .replace(/\b10\.77\.0\.1\b/g, '10.0.3.15')
    .replace(/\b10\.77\.0\.2\b/g, '10.0.3.7')
    .replace(/\b10\.77\.([23])\.(\d+)\b/g, '10.0.$1.$2')
    .replace(/\b198\.18\.\d+\.1\b/g, '10.0.9.4')
    .replace(/\b198\.18\.\d+\.2\b/g, '10.0.3.15')
    .split('\n')
    .filter((line) => !/^\[ *\d+\.\d+\] /.test(line) || line.includes(`netns ${netns}`))
    .join('\n');
};

/** Whether a case is replayed in the local workspace too. */
export const isReplayed = (caseId: string): boolean => RECORDINGS[caseId] !== undefined;

/** Writes what a case answered. */
export const keep = (caseId: string, state: string, sysctls?: string): void => {
  writeFileSync(new URL(`../transcripts/own/${caseId}.txt`, import.meta.url), anonymous(state, caseId));
  const host = RECORDINGS[caseId];
  if (host === undefined || sysctls === undefined) return;
  const folder = new URL('../../src/lab/recordings/', import.meta.url);
  writeFileSync(new URL(`${host}.txt`, folder), asHost(state, host));
  writeFileSync(new URL(`${host}.sysctls.txt`, folder), asHost(sysctls, host));
};
