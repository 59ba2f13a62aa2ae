import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { View } from '../../api/preferences';
import { Dialog } from '../../components/Dialog';

interface Props {
  view: View | null;
  begins: boolean;
  taken: readonly string[];
  onClose: () => void;
  onSave: (name: string, begins: boolean) => void;
}

/** Names a view, and sets whether the worklist starts with it. */
export function ViewDialog({ view, begins, taken, onClose, onSave }: Props) {
  const [name, setName] = useState(view?.name ?? '');
  const [first, setFirst] = useState(begins);
  const known = taken.includes(name.trim());
  return (
    <Dialog onClose={onClose} title={view ? t`Change the view` : t`Save as a view`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() && !known) onSave(name.trim(), first);
        }}
      >
        <TextInput
          label={t`Name`}
          description={t`Queue, filters and order are kept; what you search for is not, because it may be part of a name.`}
          data-autofocus
          maxLength={120}
          value={name}
          error={known ? t`You already have a view with this name; choose another one.` : null}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox
          mt="md"
          label={t`The worklist begins with this view`}
          checked={first}
          onChange={(event) => setFirst(event.currentTarget.checked)}
        />
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={!name.trim() || known}>
            <Trans>Save</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
