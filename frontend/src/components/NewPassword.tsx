import { t } from '@lingui/core/macro';
import { PasswordInput } from '@mantine/core';
import { useState } from 'react';

/** The server's own minimum; only the length matters, so nothing else is required. */
export const MIN_PASSWORD_LENGTH = 12;

interface Props {
  value: string;
  onChange: (value: string, valid: boolean) => void;
}

/** A new password, typed twice. */
export function NewPassword({ value, onChange }: Props) {
  const [again, setAgain] = useState('');
  const [left, setLeft] = useState(false);
  const short = value.length > 0 && value.length < MIN_PASSWORD_LENGTH;
  const differs = again.length > 0 && again !== value;
  const valid = (password: string, repeated: string) =>
    password.length >= MIN_PASSWORD_LENGTH && password === repeated;
  return (
    <>
      <PasswordInput
        label={t`New password`}
        description={t`At least ${MIN_PASSWORD_LENGTH} characters; a few words are a good choice.`}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={value}
        error={left && short ? t`This is too short.` : undefined}
        onBlur={() => setLeft(true)}
        onChange={(event) => {
          const text = event.currentTarget.value;
          onChange(text, valid(text, again));
        }}
      />
      <PasswordInput
        label={t`Repeat the new password`}
        autoComplete="new-password"
        required
        withAsterisk={false}
        value={again}
        error={differs && again.length >= value.length ? t`The passwords do not match.` : undefined}
        onChange={(event) => {
          const text = event.currentTarget.value;
          setAgain(text);
          onChange(value, valid(value, text));
        }}
      />
    </>
  );
}
