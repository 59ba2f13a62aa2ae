import { useLingui } from '@lingui/react/macro';
import { NativeSelect } from '@mantine/core';
import { currentLanguage, LANGUAGES, type Language, speak } from './language';

const CHOICES = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));

/** The language of the pages before anybody has signed in; this browser remembers it. */
export function LanguageSelect() {
  const { t } = useLingui();
  return (
    <NativeSelect
      size="xs"
      aria-label={t`Language`}
      data={CHOICES}
      value={currentLanguage()}
      onChange={(event) => void speak(event.currentTarget.value as Language)}
    />
  );
}
