import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { distributeReadings } from '../../api/readings';
import { refreshWork } from '../../app/live';
import { DayField } from '../../components/DayField';
import { Dialog } from '../../components/Dialog';
import { dateInDays, endOfDay } from '../../components/dueDate';
import { FormError } from '../../components/FormError';
import { currentLanguage } from '../../language/language';
import classes from './AssignDialog.module.css';
import { readersQuery } from './readers';

/** Assigns every image without a reader to the person with the least to do. */
export function DistributeDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [due, setDue] = useState('');
  const distribute = useMutation({
    mutationFn: () => distributeReadings(due ? endOfDay(due) : null),
    onSuccess: ({ readings }) => {
      notifications.show({
        message:
          readings === 0
            ? t`Every image already has a reader.`
            : t`${readings.toLocaleString(currentLanguage())} readings assigned.`,
      });
      onClose();
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: readersQuery.queryKey });
      refreshWork();
    },
  });
  return (
    <Dialog onClose={onClose} title={t`Assign images that have no reader`}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          distribute.mutate();
        }}
      >
        <p className={classes.text}>
          <Trans>
            Every image without a reader goes to the annotator with the fewest open readings. Images
            marked for double reading go to two people, who do not see each other's outlines.
          </Trans>
        </p>
        <DayField
          label={t`Due`}
          description={t`End of this day. Optional.`}
          min={dateInDays(0)}
          value={due}
          onChange={setDue}
        />
        <FormError error={distribute.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" data-autofocus loading={distribute.isPending}>
            <Trans>Assign automatically</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
