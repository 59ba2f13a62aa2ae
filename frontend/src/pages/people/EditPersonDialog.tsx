import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { updateUser } from '../../api/people';
import type { User } from '../../api/types';
import { Dialog } from '../../components/Dialog';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { PersonFields } from './PersonFields';

/** Edits the name and the email address of a person. */
export function EditPersonDialog({ person, onClose }: { person: User; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(person.name);
  const [email, setEmail] = useState(person.email ?? '');
  const save = useMutation({
    mutationFn: () => updateUser(person.id, { name: name.trim(), email: email.trim() }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  const moved = email.trim().toLowerCase() !== person.email;
  return (
    <Dialog onClose={onClose} title={t`Edit ${person.name}`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <PersonFields
          name={name}
          email={email}
          emailNote={moved ? t`Links sent to the old address stop working.` : t`Used to sign in.`}
          onName={setName}
          onEmail={setEmail}
        />
        <FormError error={save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={!name.trim() || !email.trim()} loading={save.isPending}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
