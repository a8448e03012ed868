// A document that names a file or a command which is not there misleads: so every name in them is looked up.
import { existsSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PROJECT_ROOT, projectFiles, readManifest, readProjectFile } from './project-files.ts';

const TOP_LEVEL = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];
const documents = [
  ...TOP_LEVEL.filter((file) => existsSync(join(PROJECT_ROOT, file))),
  ...projectFiles('docs'),
].filter((file) => file.endsWith('.md'));
const REPOSITORY_FOLDERS = ['src', 'test', 'docs', 'scripts', 'bench', '.ci'];

/** Paths in back-ticks that are meant to be in this repository, with the part before a `*` or a `<name>` only. */
function pathsInBackticks(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '');
  const quoted = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, path]) => path ?? '');
  const fixed = quoted.map((path) => path.replace(/^\.\//, '').replace(/[^/]*[*<{].*$/, ''));
  return fixed.filter(
    (path) =>
      REPOSITORY_FOLDERS.includes(path.split('/')[0] ?? '') && path.includes('/') && !/[()]/.test(path),
  );
}

/** Links to files, from the top of the repository. */
function linkedPaths(text: string, document: string): string[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => (link ?? '').replace(/#.*$/, ''))
    .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
    .map((link) => posix.join(dirname(document), link));
}

function scriptsNamed(text: string): string[] {
  const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)];
  return named.map(([, run, plain]) => run ?? plain ?? '');
}

const missing = (paths: readonly string[]): string[] =>
  paths.filter((path) => !existsSync(join(PROJECT_ROOT, path)));

describe('documents', () => {
  test('are there', () => {
    expect(documents).toEqual(
      expect.arrayContaining(['CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'docs/glossary.md']),
    );
  });

  test.each(documents)('%s names only files that exist', (document) => {
    const text = readProjectFile(document);
    expect(missing([...pathsInBackticks(text), ...linkedPaths(text, document)])).toEqual([]);
  });

  test.each(documents)('%s names only npm scripts that exist', (document) => {
    const named = scriptsNamed(readProjectFile(document));
    expect(named.filter((name) => !(name in readManifest().scripts))).toEqual([]);
  });

  test('a name that leads nowhere is noticed', () => {
    const text =
      'See `src/nowhere.ts`, `docs/glossary.md`, [this](gone.md), [that](#here), `npm run nothing`, `npm test`.';
    expect(missing([...pathsInBackticks(text), ...linkedPaths(text, 'docs/x.md')])).toEqual([
      'src/nowhere.ts',
      'docs/gone.md',
    ]);
    expect(scriptsNamed(text)).toEqual(['nothing', 'test']);
  });

  const readme = documents.filter((document) => document === 'README.md');
  test('README.md is under 120 lines', () => {
    expect(
      readme.map((document) => readProjectFile(document).split('\n').length).filter((count) => count >= 120),
    ).toEqual([]);
  });
});

describe('decision records', () => {
  const records = projectFiles('docs/adr').toSorted();

  test('are numbered without gaps', () => {
    const numbers = records.map((file) => /^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(file)?.[1]);
    expect(numbers).toEqual(records.map((_, index) => String(index + 1).padStart(4, '0')));
    expect(records.length).toBeGreaterThan(0);
  });

  test.each(records)('%s is short, has its number and says what follows', (file) => {
    const text = readProjectFile(file);
    expect(text.trim().split('\n').length).toBeLessThanOrEqual(15);
    expect(text).toMatch(new RegExp(`^# ${/\d{4}/.exec(file)?.[0]}: \\S`));
    for (const part of ['**Context.**', '**Decision.**', '**Consequences.**']) expect(text).toContain(part);
  });
});

describe('CONTRIBUTING.md', () => {
  const text = readProjectFile('CONTRIBUTING.md');

  test('gives one line of reason for every run-time dependency, and for nothing else', () => {
    const reasoned = [...text.matchAll(/^- `(@?[a-z][^`]*)`: (\S.{15,})$/gm)].map(([, name]) => name);
    expect(reasoned.map(String).toSorted()).toEqual(Object.keys(readManifest().dependencies).toSorted());
  });
});
