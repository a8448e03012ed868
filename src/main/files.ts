// Owns: reading a file that may not be there. One that cannot be read is an error, not a missing one.
import { readFile, stat } from 'node:fs/promises';

/** Null: there is no such file. */
export async function readIfThere(file: string): Promise<string | null> {
  return await readFile(file, 'utf8').catch(nullIfMissing);
}

export async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(nullIfMissing)) !== null;
}

function nullIfMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
