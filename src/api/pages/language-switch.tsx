import { LANGUAGES } from '../../domain/language.ts';
import type { Language } from '../../domain/language.ts';

/** Each language by its own name, which its speakers find whatever the page is in. */
const NAMES: Record<Language, string> = { nb: 'Norsk', en: 'English' };
const LABELS: Record<Language, string> = { nb: 'Språk', en: 'Language' };

/** `path`: of this page, without or with a query. */
export function LanguageSwitch({ language, path }: { language: Language; path: string }) {
  const link = (chosen: Language): string => `${path}${path.includes('?') ? '&' : '?'}lang=${chosen}`;
  return (
    <nav class="languages" aria-label={LABELS[language]}>
      {LANGUAGES.map((other) =>
        other === language ? (
          <span aria-current="true" lang={other}>
            {NAMES[other]}
          </span>
        ) : (
          <a href={link(other)} lang={other} hreflang={other} rel="nofollow">
            {NAMES[other]}
          </a>
        ),
      )}
    </nav>
  );
}
