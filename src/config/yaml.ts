/** YAML → typed values through a zod schema, with the line of every field that does not fit. */
import { CORE_SCHEMA, load } from 'js-yaml';
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ConfigProblem } from './problem.js';

const ALIASES_MAX = 50;

/**
 * From this size on a file is first read with the fast parser (0.2 s against 3 s for 10,000 hosts, and as much faster for
 * fewer: a reload must not stop the bot from answering). The careful one, which knows lines and bounds aliases, reads it where anything is amiss.
 */
const LARGE_CHARACTERS = 20_000;

const readFast = <T>(text: string, schema: z.ZodType<T>): { data: T } | undefined => {
  // Anchors and aliases (or characters that could be ones) go to the parser that bounds them.
  if (/(?:^|[\s,[{:-])[&*][^\s]/m.test(text)) return undefined;
  try {
    const parsed = schema.safeParse(
      /^\s*\{/.test(text) ? (JSON.parse(text) as unknown) : load(text, { schema: CORE_SCHEMA }),
    );
    return parsed.success ? { data: parsed.data } : undefined;
  } catch {
    return undefined;
  }
};

/** The line of a field, or of the nearest thing around it that stands in the file. */
const lineOf = (document: Document.Parsed, lines: LineCounter, path: readonly PropertyKey[]): number | undefined => {
  for (let depth = path.length; depth >= 0; depth--) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    if (depth > 0 && isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && String(item.key) === String(path[depth - 1]));
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return lines.linePos(pair.key.range[0]).line;
    }
    const node = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
};

/** Problems that show only when all fields are known, each with the line of the field at its path. */
export const problemsAt = (
  text: string,
  file: string,
  problems: readonly { path: readonly (string | number)[]; expected: string }[],
): ConfigProblem => {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, merge: false, prettyErrors: false });
  return new ConfigProblem(
    file,
    problems.slice(0, 20).map(({ path, expected }) => {
      const line = lineOf(document, lines, path);
      return { ...(line === undefined ? {} : { line }), field: path.join('.'), expected };
    }),
  );
};

/**
 * @param text the file's text
 * @param file its name, for messages
 * @throws ConfigProblem naming file, line, field and what was expected
 */
export const parseYaml = <T>(text: string, file: string, schema: z.ZodType<T>): T => {
  if (text.length >= LARGE_CHARACTERS) {
    const fast = readFast(text, schema);
    if (fast !== undefined) return fast.data;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false, prettyErrors: false });
  if (document.errors.length > 0)
    throw new ConfigProblem(
      file,
      document.errors.slice(0, 10).map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        field: '',
        expected: `not valid YAML: ${error.message}`,
      })),
    );
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown;
  } catch (error) {
    throw new ConfigProblem(file, [{ field: '', expected: `not usable: ${(error as Error).message}` }]);
  }
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;

  throw new ConfigProblem(
    file,
    parsed.error.issues.slice(0, 20).map((issue) => {
      // An unknown key is reported on the map around it: point at the key itself.
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
      const line = lineOf(document, lines, path);
      return { ...(line === undefined ? {} : { line }), field: path.map(String).join('.'), expected: issue.message };
    }),
  );
};
