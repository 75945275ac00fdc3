/**
 * Rows → CSV (RFC 4180) that a spreadsheet takes for nothing but text and numbers: a cell that would begin a formula is kept from
 * it by an apostrophe (OWASP, "CSV Injection").
 */
export type CsvCell = string | number | undefined;

const cell = (value: CsvCell): string => {
  if (value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  // A blank before it does not keep a spreadsheet from reading a formula.
  const safe = /^[\s\u0000-\u001f\u00a0]*[=+\-@\t\r＝＋－＠|%]/.test(value) ? `'${value}` : value;
  return /[",\r\n';\t]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** @returns lines ended with CR LF, the head first */
export const toCsv = (head: readonly string[], rows: readonly (readonly CsvCell[])[]): string =>
  [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
