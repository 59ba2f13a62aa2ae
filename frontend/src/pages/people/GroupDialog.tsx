import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, MultiSelect, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import {
  createGroup,
  joinGroup,
  leaveGroup,
  type PeopleGroup,
  renameGroup,
} from '../../api/groups';
import type { User } from '../../api/types';
import { Dialog } from '../../components/Dialog';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';

interface Props {
  /** Null to create a new one. */
  group: PeopleGroup | null;
  people: readonly User[];
  onChanged: () => void;
  onClose: () => void;
}

const editTitle = (name: string) => t`Edit ${name}`;

/** Edits the name and the members of a group. */
export function GroupDialog({ group, people, onChanged, onClose }: Props) {
  const [name, setName] = useState(group?.name ?? '');
  const [chosen, setChosen] = useState((group?.members ?? []).map(({ id }) => id));
  // The group as stored on the server: after a failed step, the next press continues from here.
  const stored = useRef(group);
  const save = useMutation({
    mutationFn: async () => {
      const wanted = name.trim();
      stored.current ??= await createGroup(wanted);
      const { id } = stored.current;
      if (stored.current.name !== wanted) stored.current = await renameGroup(id, wanted);
      const before = new Set(stored.current.members.map((member) => member.id));
      const after = new Set(chosen);
      for (const one of after) {
        if (!before.has(one)) stored.current = await joinGroup(id, one);
      }
      for (const one of before) {
        if (!after.has(one)) stored.current = await leaveGroup(id, one);
      }
    },
    onSuccess: onClose,
    onSettled: onChanged,
  });
  const emails = new Map(people.map(({ id, email }) => [id, email]));
  return (
    <Dialog onClose={onClose} title={group ? editTitle(group.name) : t`New group`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextInput
          label={t`Name`}
          required
          withAsterisk={false}
          maxLength={120}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <MultiSelect
          label={t`People`}
          placeholder={chosen.length === 0 ? t`Choose people` : ''}
          openOnFocus={false}
          searchable
          hidePickedOptions
          nothingFoundMessage={t`Nobody has this name`}
          data={people.map((person) => ({ value: person.id, label: person.name }))}
          renderOption={({ option }) => (
            <div>
              <Text size="sm">{option.label}</Text>
              <Text size="xs" c="dimmed">
                {emails.get(option.value)}
              </Text>
            </div>
          )}
          value={chosen}
          onChange={setChosen}
        />
        <FormError error={save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={!name.trim()} loading={save.isPending}>
            {group ? t`Save` : t`Create`}
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
