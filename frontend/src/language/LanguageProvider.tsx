import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { Fragment, type ReactNode, useSyncExternalStore } from 'react';

const onChange = (listener: () => void) => i18n.on('change', listener);
const language = () => i18n.locale;

/**
 * Everything below speaks the language in use. Another one mounts it all anew, so that a text made
 * by a plain function is never left over in the old one.
 */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const locale = useSyncExternalStore(onChange, language);
  return (
    <I18nProvider i18n={i18n}>
      <Fragment key={locale}>{children}</Fragment>
    </I18nProvider>
  );
}
