/** A configuration file that can't be used: says which file, line and field, what stands there and what was expected. */
export class ConfigProblem extends Error {
  readonly file: string;
  readonly problems: readonly { line?: number; field: string; expected: string }[];

  constructor(file: string, problems: readonly { line?: number; field: string; expected: string }[]) {
    super(
      problems
        .map(
          ({ line, field, expected }) =>
            `${file}${line === undefined ? '' : `:${line}`}: ${field === '' ? '' : `${field}: `}${expected}`,
        )
        .join('\n'),
    );
    this.name = 'ConfigProblem';
    this.file = file;
    this.problems = problems;
  }
}
