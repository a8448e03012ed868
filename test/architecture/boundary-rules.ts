// Owns: the table of who may import what, and the check of a tree of sources against it. CONTRIBUTING.md shows the table.
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { readSource, type SourceText } from './source-text.ts';

/** Path from the top of the repository -> text. */
export type SourceTree = ReadonlyMap<string, string>;

export interface Violation {
  file: string;
  rule: string;
  detail: string;
}

interface Folder {
  /** folders (ending in /) or files under src, beside the folder itself */
  imports: readonly string[];
  /** the same, but `import type` only */
  importsTypes?: readonly string[];
  /** npm packages, sub-paths included; `scope/*` for a whole scope */
  packages: readonly string[] | 'all';
  nodeBuiltIns: boolean;
}

const ADAPTER: Folder = { imports: ['domain/', 'ports/'], packages: ['zod'], nodeBuiltIns: true };
const VENDOR: Folder = { ...ADAPTER, imports: [...ADAPTER.imports, 'adapters/http/'] };

const EVERYTHING =
  'domain/ ports/ app/ workflows/ activities/ adapters/ api/ config/ ui/ simulator/ embedded/'.split(' ');

/** The longest key that a file's path begins with is its folder. `*` stands for one folder name. */
export const FOLDERS: Readonly<Record<string, Folder>> = {
  'domain/': { imports: [], packages: [], nodeBuiltIns: false },
  'ports/': { imports: ['domain/'], packages: [], nodeBuiltIns: false },
  'workflows/': {
    imports: ['domain/'],
    importsTypes: ['activities/contract.ts'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    nodeBuiltIns: false,
  },
  'activities/': {
    imports: ['domain/', 'ports/'],
    packages: ['@temporalio/activity', '@temporalio/common'],
    nodeBuiltIns: true,
  },
  'adapters/http/': ADAPTER,
  'adapters/payment/*/': VENDOR,
  'adapters/sms/*/': VENDOR,
  'adapters/pricing/': { ...ADAPTER, nodeBuiltIns: false },
  'adapters/store/': { ...ADAPTER, packages: ['zod', 'kysely', 'pg'] },
  'app/': {
    imports: ['domain/', 'ports/', 'workflows/contract.ts'],
    packages: ['@temporalio/client', 'zod'],
    nodeBuiltIns: true,
  },
  'api/': {
    imports: ['domain/', 'ports/', 'app/', 'ui/'],
    packages: ['hono', '@hono/*', 'zod'],
    nodeBuiltIns: true,
  },
  'config/': {
    imports: ['domain/', 'ports/', 'adapters/http/', 'adapters/payment/', 'adapters/sms/'],
    packages: ['zod'],
    nodeBuiltIns: true,
  },
  'ui/': { imports: [], packages: ['hono', 'htmx.org'], nodeBuiltIns: true },
  'simulator/': {
    imports: ['ui/'],
    packages: ['hono', '@hono/*', 'zod', '@temporalio/client', 'uqr'],
    nodeBuiltIns: true,
  },
  'embedded/': {
    imports: [],
    packages: ['@temporalio/*', '@electric-sql/pglite', 'pg'],
    nodeBuiltIns: true,
  },
  'main/': { imports: EVERYTHING, packages: 'all', nodeBuiltIns: true },
  'doctor/': { imports: [...EVERYTHING, 'main/'], packages: 'all', nodeBuiltIns: true },
  'cli/': { imports: [...EVERYTHING, 'main/', 'doctor/'], packages: ['zod'], nodeBuiltIns: true },
};

/** Run in a process of its own, and only where the packages of development are installed. */
const DEVELOPMENT_ONLY = new Map([['src/embedded/sdk-download-child.ts', '@temporalio/testing']]);

/** Where the sandbox of the workflows begins. */
export const WORKFLOW_ENTRY = 'src/workflows/index.ts';

/** Everything in `tree` that breaks a rule. `dependencies`: the run-time dependencies of package.json. */
export function findViolations(tree: SourceTree, dependencies: readonly string[]): Violation[] {
  const sources = new Map([...tree].map(([file, text]) => [file, readSource(text)]));
  const violations: Violation[] = [];
  for (const [file, source] of sources) {
    if (!file.startsWith('src/')) continue;
    const report = (rule: string, detail: string): number => violations.push({ file, rule, detail });
    checkImports(file, source, { tree, dependencies, report });
    checkCode(file, source, report);
    const way = importedBy(file, sources).get(file);
    if (way !== undefined) report('import cycle', way);
  }
  for (const [file, chain] of reachableFrom(WORKFLOW_ENTRY, sources))
    checkSandbox(file, chain, sources, violations);
  return violations;
}

interface Context {
  tree: SourceTree;
  dependencies: readonly string[];
  report: (rule: string, detail: string) => void;
}

function checkImports(file: string, source: SourceText, context: Context): void {
  const { report } = context;
  const folderName = folderOf(file);
  const folder = folderName === null ? undefined : FOLDERS[pattern(folderName)];
  if (folderName === null || folder === undefined) return report('unknown folder', 'not in the import table');
  if (source.hasComputedImport) report('computed import', 'the target must be a plain string');
  for (const { specifier, typeOnly } of source.imports) {
    if (specifier.startsWith('.')) {
      const target = posix.join(posix.dirname(file), specifier);
      const problem = relativeProblem(folderName, folder, target, typeOnly);
      if (!context.tree.has(target)) report('missing file', `${specifier} (an import carries its extension)`);
      else if (problem !== null) report(problem, specifier);
    } else if (isBuiltIn(specifier)) {
      if (!folder.nodeBuiltIns) report('Node built-in', specifier);
      else if (!specifier.startsWith('node:')) report('Node built-in without node:', specifier);
    } else {
      const name = packageName(specifier);
      if (!allowsPackage(folder, name)) report('package', specifier);
      else if (!context.dependencies.includes(name) && DEVELOPMENT_ONLY.get(file) !== name)
        report('not a run-time dependency', specifier);
    }
  }
}

function relativeProblem(own: string, folder: Folder, target: string, typeOnly: boolean): string | null {
  if (!target.startsWith('src/')) return 'leaves src';
  const path = target.slice('src/'.length);
  if (path.startsWith(own)) return null;
  if (folder.imports.some((allowed) => path.startsWith(allowed))) return null;
  const asType = folder.importsTypes?.some((allowed) => path.startsWith(allowed)) ?? false;
  if (asType && typeOnly) return null;
  return asType ? 'only import type' : 'folder';
}

/** The arguments of each call of the global `fetch`; one that is handed on under another name has none. */
function callsOfFetch(code: string): string[] {
  const uses = code.matchAll(
    /(?:\b(?:await|return|void)|=>|[=(,:?&|[])\s*(?:globalThis\s*\.\s*)?fetch\s*(?<next>[(;,)\]\n])/g,
  );
  return [...uses].map(({ index, 0: { length }, groups }) =>
    groups?.['next'] === '(' ? argumentsFrom(code, index + length) : '',
  );
}

function argumentsFrom(code: string, start: number): string {
  let depth = 1;
  let end = start;
  for (; end < code.length && depth > 0; end += 1) {
    if (code[end] === '(') depth += 1;
    else if (code[end] === ')') depth -= 1;
  }
  return code.slice(start, end);
}

/** Rules about the code itself: what lint cannot say, or says for one way of writing only. */
function checkCode(file: string, { code, imports }: SourceText, report: Context['report']): void {
  if (
    !file.startsWith('src/config/') &&
    /\bprocess\s*(?:\?\.|\.)\s*env\b|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/.test(code)
  )
    report('environment', 'process.env is read in src/config only');
  if (file.startsWith('src/domain/')) {
    const impure =
      /\bnew Date\(\s*\)|\bDate\.now\b|\bMath\.random\b|\bcrypto\b|(?<![.\w])process\s*[.?[]|\bglobalThis\b/.exec(
        code,
      );
    if (impure) report('pure domain', impure[0]);
  }
  for (const call of callsOfFetch(code))
    if (!/\bsignal\b/.test(call)) report('deadline', 'every fetch has a signal that ends it');
  if (file === 'src/activities/contract.ts') {
    const runs = /^export\s+(?:default|const|let|function|async|class|\{|\*)/m.test(code);
    if (runs || imports.some(({ typeOnly }) => !typeOnly))
      report('types only', 'activities/contract.ts holds types');
  }
}

function checkSandbox(
  file: string,
  chain: string,
  sources: ReadonlyMap<string, SourceText>,
  violations: Violation[],
): void {
  const report = (rule: string, detail: string): number => violations.push({ file, rule, detail });
  if (!/^src\/(?:domain|workflows)\//.test(file)) report('workflow sandbox', `reached by ${chain}`);
  const source = sources.get(file);
  const sandboxed = FOLDERS['workflows/']?.packages ?? [];
  for (const { specifier, typeOnly } of source?.imports ?? []) {
    if (!typeOnly && !specifier.startsWith('.') && !sandboxed.includes(specifier))
      report('workflow sandbox', `${specifier}, reached by ${chain}`);
  }
  const code = source?.code ?? '';
  const outside =
    /\bimport\s*\.\s*meta\b|(?<![.\w])process\s*[.?[]|=\s*process\b|\b__dirname\b|(?<![.\w])require\s*\(/.exec(
      code,
    );
  if (outside) report('workflow sandbox', `${outside[0]}, reached by ${chain}`);
  // Shared by all workflows of a worker, and not replayed.
  const mutable =
    /^(?:export )?(?:let|var)\b.*|^(?:export )?const \w+ = (?:new \w+(?:<.*>)?\(\)|\[\]|\{\});/m.exec(code);
  if (mutable) report('module state', `${mutable[0]} (reached by ${chain})`);
}

/** Each file that is loaded with `entry`, with the way to it. */
function reachableFrom(entry: string, sources: ReadonlyMap<string, SourceText>): Map<string, string> {
  return sources.has(entry) ? new Map([[entry, entry], ...importedBy(entry, sources)]) : new Map();
}

/** What `entry` loads, directly or not, with the way to it; itself when it lies on a cycle. Types load nothing. */
function importedBy(entry: string, sources: ReadonlyMap<string, SourceText>): Map<string, string> {
  const found = new Map<string, string>();
  const queue: [string, string][] = [[entry, entry]];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [file, chain] = next;
    for (const { specifier, typeOnly } of sources.get(file)?.imports ?? []) {
      if (typeOnly || !specifier.startsWith('.')) continue;
      const target = posix.join(posix.dirname(file), specifier);
      if (!sources.has(target) || found.has(target)) continue;
      found.set(target, `${chain} -> ${target}`);
      queue.push([target, `${chain} -> ${target}`]);
    }
  }
  return found;
}

function folderOf(file: string): string | null {
  const parts = file.split('/').slice(1, -1);
  for (let length = parts.length; length > 0; length -= 1) {
    const folder = `${parts.slice(0, length).join('/')}/`;
    if (pattern(folder) in FOLDERS) return folder;
  }
  return null;
}

function pattern(folder: string): string {
  return folder.replace(/^(adapters\/(?:payment|sms)\/)[^/]+\/$/, '$1*/');
}

function isBuiltIn(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0] ?? '');
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

function allowsPackage({ packages }: Folder, name: string): boolean {
  return packages === 'all' || packages.includes(name) || packages.includes(`${name.split('/')[0]}/*`);
}
