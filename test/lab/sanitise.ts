/** Recordings tell nothing of the machine that they were made on: its name, its boot, its processes' numbers stay as they are. */

/** @param host the name that it gets instead */
export const sanitised = (transcript: string, host: string): string =>
  transcript
    .replace(/( host=)\S+/, `$1${host}`)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '5f3c1b2a-0000-4000-8000-000000000001')
    .replace(/(\d+\.\d+\.\d+)-[A-Za-z0-9][\w.-]*/g, '$1-generic')
    .concat(transcript.endsWith('\n') ? '' : '\n');
