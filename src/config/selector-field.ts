/** A selector in a configuration file: read once, so that a mistake shows at the start and on its line. */
import { z } from 'zod';
import { parseSelector } from '../core/selector.js';

export const selector = z
  .string({ error: 'expected a selector as in "@web" or "env=prod"' })
  .transform((text, context) => {
    const parsed = parseSelector(text);
    if (parsed.ok) return parsed.selector;
    context.addIssue({ code: 'custom', message: `expected a selector: ${parsed.problem}` });
    return z.NEVER;
  });
