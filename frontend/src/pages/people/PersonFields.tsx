import { t } from '@lingui/core/macro';
import { TextInput } from '@mantine/core';

interface Props {
  name: string;
  email: string;
  /** What the address is for, or the effect of a new one. */
  emailNote: string;
  onName: (name: string) => void;
  onEmail: (email: string) => void;
}

/** The name and address of a person. */
export function PersonFields({ name, email, emailNote, onName, onEmail }: Props) {
  return (
    <>
      <TextInput
        label={t`Name`}
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => onName(event.currentTarget.value)}
      />
      <TextInput
        label={t`Email`}
        description={emailNote}
        type="email"
        required
        withAsterisk={false}
        value={email}
        onChange={(event) => onEmail(event.currentTarget.value)}
      />
    </>
  );
}
