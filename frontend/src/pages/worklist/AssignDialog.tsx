import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, MultiSelect, Switch } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Chosen } from '../../api/bulk';
import { DayField } from '../../components/DayField';
import { Dialog } from '../../components/Dialog';
import { dateInDays, endOfDay } from '../../components/dueDate';
import { FormError } from '../../components/FormError';
import classes from './AssignDialog.module.css';
import { actAndOfferUndo } from './bulk';
import { readersQuery } from './readers';

interface Props {
  chosen: Chosen;
  /** Number of images. */
  count: number;
  onClose: () => void;
  onAssigned: () => void;
}

const images = (count: number): string => plural(count, { one: '1 image', other: '# images' });

/** Assigns images: to every chosen person, or to several who must not see each other's work. */
export function AssignDialog({ chosen, count, onClose, onAssigned }: Props) {
  const client = useQueryClient();
  const readers = useQuery(readersQuery);
  const [people, setPeople] = useState<string[]>([]);
  const [blind, setBlind] = useState(false);
  const [due, setDue] = useState('');

  const assign = useMutation({
    mutationFn: () =>
      actAndOfferUndo('assign', chosen, {
        reader_ids: people,
        blind,
        due_at: due ? endOfDay(due) : null,
      }),
    onSuccess: onAssigned,
    onSettled: () => void client.invalidateQueries({ queryKey: readersQuery.queryKey }),
  });

  const tooFew = blind && people.length < 2;
  return (
    <Dialog onClose={onClose} title={t`Assign ${images(count)}`}>
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
          // The other options stay visible until the list is opened.
          openOnFocus={false}
          classNames={{ inputField: classes.field }}
          searchable
          hidePickedOptions
          nothingFoundMessage={readers.isPending ? t`Loading…` : t`No reader has this name`}
          data={(readers.data ?? []).map(({ id, name, open }) => ({
            value: id,
            label: t`${name} (${open} open)`,
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
        <DayField
          label={t`Due`}
          description={t`End of this day. Optional.`}
          min={dateInDays(0)}
          value={due}
          onChange={setDue}
        />
        <FormError error={assign.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={people.length === 0 || tooFew} loading={assign.isPending}>
            <Trans>Assign</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
