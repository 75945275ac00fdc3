/** What Enter does while completions are shown, and which command's usage fits a text. */
import type { Command, Completion } from '../protocol.js';

/** True where the text is already what a completion would make of it: then Enter sends. */
export const isWhole = (text: string, completions: readonly Completion[]): boolean => {
  const typed = text.trim().toLowerCase();
  return completions.some((completion) => completion.text.trim().toLowerCase() === typed);
};

/** The command whose arguments are being typed. */
export const usageOf = (text: string, commands: readonly Command[]): Command | undefined => {
  const name = /^(\/\S+)\s/.exec(text)?.[1]?.toLowerCase();
  return commands.find((command) => command.name.toLowerCase() === name);
};
