// Says at the end of a run, loudly, what was skipped and how to enable it.
const told = /\[SKIPPED, needs (.*?)\] /;

export default class SkippedReporter {
  onRunComplete(_contexts, { testResults }) {
    const byNeed = new Map();
    for (const { testResults: tests } of testResults)
      for (const { status, fullName } of tests) {
        if (status !== 'pending') continue;
        const need = told.exec(fullName)?.[1] ?? 'nothing: it is skipped by hand, mend that';
        byNeed.set(need, (byNeed.get(need) ?? 0) + 1);
      }
    if (byNeed.size === 0) return;
    const lines = [...byNeed].map(([need, count]) => `  ${count} test(s) not run; to enable them: ${need}`);
    process.stderr.write(`\n${'!'.repeat(100)}\nNOT RUN ON THIS MACHINE\n${lines.join('\n')}\n${'!'.repeat(100)}\n`);
  }
}
