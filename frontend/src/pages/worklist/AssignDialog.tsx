import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, MultiSelect, Switch, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { assignReadings } from '../../api/readings';
import { forgetImage, refreshWork } from '../../app/live';
import { dateInDays, endOfDay } from '../../components/dueDate';
import { FormError } from '../../components/FormError';
import classes from './AssignDialog.module.css';
import { readersQuery } from './readers';

interface Props {
  imageIds: readonly string[];
  onClose: () => void;
  onAssigned: () => void;
}

const images = (count: number): string => plural(count, { one: '1 image', other: '# images' });

/** Gives images to people: to each of them, or to several who must not see each other's work. */
export function AssignDialog({ imageIds, onClose, onAssigned }: Props) {
  const client = useQueryClient();
  const readers = useQuery(readersQuery);
  const [people, setPeople] = useState<string[]>([]);
  const [blind, setBlind] = useState(false);
  const [due, setDue] = useState('');
  const [done, setDone] = useState(0);

  const assign = useMutation({
    mutationFn: () =>
      assignReadings(
        imageIds,
        { reader_ids: people, blind, due_at: due ? endOfDay(due) : null },
        setDone,
      ),
    onSuccess: () => {
      for (const id of imageIds) forgetImage(id, 'unassigned');
      notifications.show({ message: t`${images(imageIds.length)} assigned.` });
      onAssigned();
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: readersQuery.queryKey });
      refreshWork();
    },
  });

  const tooFew = blind && people.length < 2;
  return (
    <Modal opened onClose={onClose} title={t`Assign ${images(imageIds.length)}`}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          assign.mutate();
        }}
      >
        <MultiSelect
          label={t`Who reads`}
          description={t`Each reader gets every selected image.`}
          placeholder={people.length === 0 ? t`Choose people` : ''}
          data-autofocus
          // What else can be chosen stays in sight until the list is asked for.
          openOnFocus={false}
          classNames={{ inputField: classes.field }}
          searchable
          hidePickedOptions
          nothingFoundMessage={readers.isPending ? t`Loading…` : t`No reader has this name`}
          data={(readers.data ?? []).map(({ id, name, open }) => ({
            value: id,
            label: `${name} (${open} open)`,
          }))}
          value={people}
          onChange={setPeople}
        />
        <FormError error={readers.error} />
        <Switch
          label={t`Blind double reading`}
          description={t`The readers see the model's outline and their own, not each other's, until both have submitted. You then compare the two.`}
          checked={blind}
          onChange={(event) => setBlind(event.currentTarget.checked)}
        />
        {tooFew && people.length > 0 ? (
          <p className={classes.hint} role="status">
            <Trans>A blind reading needs two or more people.</Trans>
          </p>
        ) : null}
        <TextInput
          type="date"
          label={t`Due`}
          description={t`End of this day. Optional.`}
          min={dateInDays(0)}
          value={due}
          onChange={(event) => setDue(event.currentTarget.value)}
        />
        <FormError error={assign.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            type="submit"
            disabled={people.length === 0 || tooFew}
            loading={assign.isPending}
            aria-label={assign.isPending ? t`${done} of ${imageIds.length} assigned` : undefined}
          >
            <Trans>Assign</Trans>
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
