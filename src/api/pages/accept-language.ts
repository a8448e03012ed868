import type { Language } from '../../domain/language.ts';

const NORWEGIAN = new Set(['nb', 'nn', 'no']);

/** The page language an `Accept-Language` header asks for: Norwegian when a Norwegian tag ranks first, else English. */
export function acceptedLanguage(acceptLanguage: string | undefined): Language {
  let best: { language: Language; quality: number } = { language: 'en', quality: 0 };
  for (const entry of (acceptLanguage ?? '').split(',')) {
    const [tag = '', ...parameters] = entry.split(';');
    const primary = tag.trim().toLowerCase().split('-')[0] ?? '';
    const language = NORWEGIAN.has(primary) ? 'nb' : primary === 'en' ? 'en' : null;
    const quality = qualityOf(parameters);
    if (language !== null && quality > best.quality) best = { language, quality };
  }
  return best.language;
}

/** RFC 9110, 12.4.2: 1 when not given, between 0 and 1; what cannot be read counts as not wanted. */
function qualityOf(parameters: readonly string[]): number {
  const given = parameters.map((parameter) => parameter.trim()).find((parameter) => /^q=/i.test(parameter));
  if (given === undefined) return 1;
  const quality = Number(given.slice(2));
  return quality >= 0 && quality <= 1 ? quality : 0;
}
