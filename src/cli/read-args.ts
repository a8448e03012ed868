// Reading the words of a command. What cannot be understood is the caller's mistake and shows how it is used.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from '../config/config.ts';

/** `parseArgs` of Node. Throws UsageError with the reason and `usage`. */
export function readArgs<T extends ParseArgsConfig>(
  config: T,
  usage: string,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    if (!isMisuse(error)) throw error;
    // The rest of Node's sentence is about words that begin with a dash.
    const [reason = ''] = error.message.split(/\. |\n/);
    throw new UsageError(`${reason.replace(/\.$/, '')}.\n${usage}`, { cause: error });
  }
}

function isMisuse(error: unknown): error is TypeError {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_');
}

/** True when `--help` stands among the options, before a `--`. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  const options = end === -1 ? args : args.slice(0, end);
  return options.includes('--help') || options.includes('-h');
}
