import { describe, expect, test } from 'vitest';
import { readSource } from './source-text.ts';

const importsOf = (source: string): string[] =>
  readSource(source).imports.map(({ specifier, typeOnly }) => (typeOnly ? `type ${specifier}` : specifier));

describe('what a file imports', () => {
  test.each([
    [`import { a } from './a.ts';`, ['./a.ts']],
    [`import a, { b } from "./a.ts"`, ['./a.ts']],
    [`import * as a from './a.ts';`, ['./a.ts']],
    [`import {\n  a,\n  b,\n} from './a.ts';`, ['./a.ts']],
    [`import './a.ts';`, ['./a.ts']],
    [`import type { A } from './a.ts';`, ['type ./a.ts']],
    [`import type A from './a.ts';`, ['type ./a.ts']],
    [`import type from './a.ts';`, ['./a.ts']],
    [`export { a } from './a.ts';`, ['./a.ts']],
    [`export * from './a.ts';`, ['./a.ts']],
    [`export * as a from './a.ts';`, ['./a.ts']],
    [`export type { A } from './a.ts';`, ['type ./a.ts']],
    [`const a = await import('./a.ts');`, ['./a.ts']],
    [`const a = require('a');`, ['a']],
    [`const a = 1; import { b } from 'b';import { c } from 'c'`, ['b', 'c']],
    [`import data from './a.json' with { type: 'json' };`, ['./a.json']],
    [`export const a = 1;\nexport { a };\nconst b = 'x from "y"';`, []],
  ])('%j', (source, expected) => {
    expect(importsOf(source)).toEqual(expected);
  });

  test('a file imported for types only but not by import type is loaded all the same', () => {
    expect(importsOf(`import { type A } from './a.ts';`)).toEqual(['./a.ts']);
  });

  test('comments and regular expressions hide nothing and add nothing', () => {
    const source = [
      `// import a from 'a';`,
      `/* import b from 'b'; */`,
      `const quote = /['"\`/*]/; import { c } from 'c';`,
      `const url = 'https://x'; import { d } from 'd';`,
      `const text = <p>don't</p>;`,
      `import { e } from 'e';`,
    ].join('\n');
    expect(importsOf(source)).toEqual(['c', 'd', 'e']);
  });

  test('an import whose target is computed is noticed', () => {
    expect(readSource('const a = await import(name);').hasComputedImport).toBe(true);
    expect(readSource('const a = await import(`./${name}.ts`);').hasComputedImport).toBe(true);
    expect(readSource(`const a = await import('./a.ts');`).hasComputedImport).toBe(false);
  });

  test('the code has no words of strings, templates and comments, but what templates compute', () => {
    const { code } = readSource(
      'const a = "process.env"; // process.env\nconst b = `x ${Date.now()} process.env`;',
    );
    expect(code).not.toContain('process');
    expect(code).toContain('Date.now()');
    expect(code.split('\n')).toHaveLength(2);
  });
});
