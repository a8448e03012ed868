// The note in DATA_DIR with the address of the running process and the token of its admin API, for the command line.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const noteSchema = z.object({ url: z.string(), adminToken: z.string() });
export type RunningNote = z.infer<typeof noteSchema>;

const fileIn = (dataDir: string): string => join(dataDir, 'running.json');

/** Readable by the owner only: its token allows every admin action. */
export async function noteRunning(dataDir: string, note: RunningNote): Promise<void> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await writeFile(fileIn(dataDir), JSON.stringify(note), { mode: 0o600 });
}

export async function forgetRunning(dataDir: string): Promise<void> {
  await rm(fileIn(dataDir), { force: true });
}

/** The process that was started last with this DATA_DIR; null when there is no note. That process may have ended all the same. Throws when the note is damaged. */
export async function findRunning(dataDir: string): Promise<RunningNote | null> {
  const file = fileIn(dataDir);
  const text = await readIfThere(file);
  if (text === null) return null;
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${file} is damaged. Remove it, and start sms2pay again: each start writes it.`, {
      cause: error,
    });
  }
}

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
