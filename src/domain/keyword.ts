/** implemented by the domain part */
export function keywordOf(_text: string): { words: string[]; rest: (string | null)[] } {
  throw new Error('not yet');
}
