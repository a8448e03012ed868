// Owns: the files of this repository as the architecture tests see them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));

const NOT_OURS = new Set(['.git', 'node_modules', 'dist', 'coverage', '.sms2pay', '.env']);

/** Paths from the top of the repository, what is built or installed left out. `under`: a folder, without a slash. */
export function projectFiles(under = '.'): string[] {
  return readdirSync(join(PROJECT_ROOT, under), { withFileTypes: true }).flatMap((entry) => {
    if (NOT_OURS.has(entry.name) || entry.name.endsWith('.log')) return [];
    const path = relative(PROJECT_ROOT, join(PROJECT_ROOT, under, entry.name));
    return entry.isDirectory() ? projectFiles(path) : [path];
  });
}

export function readProjectFile(path: string): string {
  return readFileSync(join(PROJECT_ROOT, path), 'utf8');
}

export interface Manifest {
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

export function readManifest(): Manifest {
  return JSON.parse(readProjectFile('package.json')) as Manifest;
}
