/** The frame of the customer's pages: the languages above, what this is below. */
import type { Child } from 'hono/jsx';
import { type Language, LANGUAGES } from '../../domain/language.ts';
import { Layout, type LayoutProps } from '../../ui/layout.tsx';

const FOOTER: Record<Language, string> = {
  nb: 'Betal for det du bruker, med tekstmelding',
  en: 'Pay for what you use, by text message',
};

interface CustomerLayoutProps extends Pick<LayoutProps, 'title' | 'refresh' | 'scripts'> {
  language: Language;
  /** of this page, for the links to its other languages; null: it has none */
  path: string | null;
  children: Child;
}

export function CustomerLayout({ language, path, children, ...layout }: CustomerLayoutProps) {
  return (
    <Layout
      {...layout}
      language={language}
      styles={['customer.css']}
      headerEnd={path === null ? undefined : <LanguageSwitch language={language} path={path} />}
      footer={FOOTER[language]}
    >
      {children}
    </Layout>
  );
}

/** Each language by its own name, which its speakers find whatever the page is in. */
const NAMES: Record<Language, string> = { nb: 'Norsk', en: 'English' };
const LABELS: Record<Language, string> = { nb: 'Språk', en: 'Language' };

/** `path`: of this page, without or with a query. */
function LanguageSwitch({ language, path }: { language: Language; path: string }) {
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
