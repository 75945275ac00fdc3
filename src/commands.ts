/** The slash commands: every file of `commands/` is one. */
import type { Command } from './command.js';
import { loadFolder } from './registry.js';

const pick = (module: Record<string, unknown>, id: string): Command => {
  const command = module['command'] as Command | undefined;
  if (command === undefined) throw new Error(`commands/${id}: exports no \`command\``);
  if (command.name !== id)
    throw new Error(`commands/${id}: is called ${command.name}; a file is named after its command`);
  return command;
};

/** @returns commands by name */
export const loadCommands = (): Promise<ReadonlyMap<string, Command>> =>
  loadFolder(new URL('../commands/', import.meta.url), pick);
