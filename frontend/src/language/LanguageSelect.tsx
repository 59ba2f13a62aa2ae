import { t } from '@lingui/core/macro';
import { NativeSelect } from '@mantine/core';
import { changeLanguage, currentLanguage, LANGUAGES, type Language } from './language';

const CHOICES = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));

/** The language of the pages before sign-in; this browser remembers it. */
export function LanguageSelect() {
  return (
    <NativeSelect
      size="xs"
      miw={108}
      aria-label={t`Language`}
      data={CHOICES}
      value={currentLanguage()}
      onChange={(event) => changeLanguage(event.currentTarget.value as Language)}
    />
  );
}
