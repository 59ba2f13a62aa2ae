import { t } from '@lingui/core/macro';
import type { Menu as MenuParts } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { messageOf } from '../api/problem';
import { chooseLanguage } from '../api/session';
import { changeLanguage, currentLanguage, LANGUAGES, type Language } from '../language/language';

/** The languages of the pages as menu items; the choice is stored with the account. */
export function LanguageItems({ parts: Menu }: { parts: typeof MenuParts }) {
  const choose = useMutation({
    mutationFn: chooseLanguage,
    onSuccess: (_, language) => {
      changeLanguage(language);
    },
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
  });
  const current = currentLanguage();
  return (
    <>
      <Menu.Label>{t`Language`}</Menu.Label>
      {(Object.keys(LANGUAGES) as Language[]).map((language) => (
        <Menu.Item
          key={language}
          role="menuitemradio"
          aria-checked={language === current}
          lang={language}
          rightSection={language === current ? <IconCheck size={14} stroke={2} /> : null}
          onClick={() => choose.mutate(language)}
        >
          {LANGUAGES[language]}
        </Menu.Item>
      ))}
    </>
  );
}
