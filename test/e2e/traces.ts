// Everything sms2pay leaves behind, as text that can be searched for personal data.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type pg from 'pg';

/** Ids, memos, search attributes, details and whole histories of every workflow; payloads decoded. */
export async function temporalTraces(address: string): Promise<{ text: string; workflows: number }> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const parts: string[] = [];
    let workflows = 0;
    for await (const { workflowId, runId } of client.workflow.list()) {
      const handle = client.workflow.getHandle(workflowId, runId);
      const { raw } = await handle.describe();
      parts.push(textIn(raw), textIn(await handle.fetchHistory()));
      workflows += 1;
    }
    return { text: parts.join('\n'), workflows };
  } finally {
    await connection.close();
  }
}

/** Every row of every table, binary columns as the text they would show in clear. */
export async function databaseTraces(pool: pg.Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  const parts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<Record<string, unknown>>(`select * from ${name}`);
    parts.push(`${name}: ${rows.length}`, ...rows.map(textIn));
  }
  return parts.join('\n');
}

/** The bytes of every file below `folder`, except those whose path (inside it) `leaveOut` names. */
export async function fileTraces(folder: string, leaveOut: (path: string) => boolean): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const kept = files.filter((file) => !leaveOut(file.slice(folder.length + 1)));
  const contents = await Promise.all(kept.map((file) => readFile(file, 'latin1')));
  return contents.join('\n');
}

/** All text inside a value, however deep; bytes are read as UTF-8. */
function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${textIn(inner)}`)
    .join('\n');
}
