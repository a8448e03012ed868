/** The frame of the customer's pages: the languages above, what this is below. */
import type { Child } from 'hono/jsx';
import type { Language } from '../../domain/language.ts';
import { Layout, type LayoutProps } from '../../ui/layout.tsx';
import { LanguageSwitch } from './language-switch.tsx';

const FOOTER: Record<Language, string> = {
  nb: 'Betal for det du bruker, med tekstmelding',
  en: 'Pay for what you use, by text message',
};

interface CustomerLayoutProps {
  language: Language;
  title: string;
  /** of this page, for the links to its other languages; null: it has none */
  path: string | null;
  refresh?: LayoutProps['refresh'];
  scripts?: LayoutProps['scripts'];
  children: Child;
}

export function CustomerLayout({ language, title, path, refresh, scripts, children }: CustomerLayoutProps) {
  return (
    <Layout
      language={language}
      title={title}
      styles={['customer.css']}
      {...(refresh ? { refresh } : {})}
      {...(scripts ? { scripts } : {})}
      headerEnd={path === null ? undefined : <LanguageSwitch language={language} path={path} />}
      footer={FOOTER[language]}
    >
      {children}
    </Layout>
  );
}
