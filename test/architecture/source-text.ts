// Owns: reading TypeScript far enough to know what a file imports. Stricter than the compiler where in doubt.

export interface Import {
  specifier: string;
  /** gone at run time: only `import type` and `export type`; `import { type A }` still loads the file */
  typeOnly: boolean;
}

export interface SourceText {
  imports: Import[];
  /** an `import(...)` or `require(...)` whose target is not a plain string cannot be checked */
  hasComputedImport: boolean;
  /** the code with comments, strings and templates blanked; line breaks kept */
  code: string;
}

const BLANKS_BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in|await|yield))\s*$/;

/** `source` with comments blanked and, when `strings` is 'blank', the contents of strings and templates too. */
function strip(source: string, strings: 'keep' | 'blank'): string {
  let out = '';
  let index = 0;
  const blank = (text: string): string => text.replace(/[^\n]/g, ' ');
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = index;
    return pattern.exec(source)?.[0] ?? source.charAt(index);
  };
  while (index < source.length) {
    const two = source.slice(index, index + 2);
    const one = source.charAt(index);
    let token = one;
    let kept = one;
    if (two === '//') kept = blank((token = take(/\/\/[^\n]*/y)));
    else if (two === '/*') kept = blank((token = take(/\/\*[\s\S]*?(?:\*\/|$)/y)));
    else if (one === "'" || one === '"') {
      // A quote that does not end on its line is an apostrophe in JSX text.
      token = take(one === "'" ? /'(?:[^'\\\n]|\\[\s\S])*'/y : /"(?:[^"\\\n]|\\[\s\S])*"/y);
      kept = strings === 'keep' || token.length === 1 ? token : one + blank(token.slice(2)) + one;
    } else if (one === '`') {
      token = take(/`(?:[^`\\]|\\[\s\S])*`/y);
      // What stands in ${...} is code: it stays visible.
      kept = strings === 'keep' ? token : token.replace(/[^\n](?![^{}]*\})/g, ' ');
    } else if (one === '/' && BLANKS_BEFORE_REGEX.test(out.slice(-20))) {
      kept = blank((token = take(/\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y)));
    }
    out += kept;
    index += token.length;
  }
  return out;
}

export function readSource(source: string): SourceText {
  const withStrings = strip(source, 'keep');
  const code = strip(source, 'blank');
  const imports: Import[] = [];
  const add = (pattern: RegExp): void => {
    for (const match of withStrings.matchAll(pattern)) {
      const { type, specifier } = match.groups ?? {};
      if (specifier !== undefined) imports.push({ specifier, typeOnly: type !== undefined });
    }
  };
  const word = String.raw`(?<![.\w$'"\`])`;
  const string = String.raw`(['"])(?<specifier>[^'"\n]+)\k<quote>`.replace("(['", "(?<quote>['");
  // `type` alone can also be a name: import type from './type.ts'
  const type = String.raw`(?<type>type\s+(?!from\b))?`;
  add(new RegExp(String.raw`${word}import\s+${type}[\w$*{][^;'"()=]*?\bfrom\s*${string}`, 'g'));
  add(new RegExp(String.raw`${word}export\s+${type}[*{][^;'"()=]*?\bfrom\s*${string}`, 'g'));
  add(new RegExp(String.raw`${word}import\s*${string}`, 'g'));
  add(new RegExp(String.raw`${word}(?:import|require)\s*\(\s*${string}\s*[,)]`, 'g'));
  const calls = withStrings.match(/(?<![.\w$'"`])(?:import|require)\s*\(/g)?.length ?? 0;
  const plainCalls =
    withStrings.match(/(?<![.\w$'"`])(?:import|require)\s*\(\s*(['"])[^'"\n]+\1\s*[,)]/g)?.length ?? 0;
  return { imports, hasComputedImport: calls > plainCalls, code };
}
