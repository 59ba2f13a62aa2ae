import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import { IconUserPlus, IconX } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { removeReading } from '../../api/readings';
import type { Reading, WorkImage } from '../../api/workflowTypes';
import { imageKey, refreshWork } from '../../app/live';
import { Due } from '../../components/Due';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { READING_TEXT, Readers } from '../../components/Readers';
import { Tooltip } from '../../components/Tooltip';
import { revisionNumber } from '../../editing/revisionNumber';
import { comma } from '../../language/language';
import { withWords } from '../../language/withWords';
import classes from './ReviewPanel.module.css';

const AssignDialog = lazy(async () => ({
  default: (await withWords('panels', () => import('../worklist/AssignDialog'))).AssignDialog,
}));

/** The readers of the image and their progress; reviewers add and remove people. */
export function ReadingList({ image }: { image: WorkImage }) {
  const client = useQueryClient();
  const [assigning, setAssigning] = useState(false);
  const remove = useMutation({
    mutationFn: (reading: Reading) => removeReading(image.id, reading.id),
    onSettled: () => {
      void client.invalidateQueries({ queryKey: imageKey(image.id) });
      refreshWork();
    },
  });
  const { readings } = image;
  const mayAssign = image.may.assign;
  if (readings.length === 0 && !mayAssign) return null;
  return (
    <div className={classes.part}>
      <div className={classes.head}>
        <h2 className={classes.title}>{image.double_reading ? t`Blind readings` : t`Readings`}</h2>
        {mayAssign ? (
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={<IconUserPlus size={14} stroke={1.8} />}
            onClick={() => setAssigning(true)}
          >
            <Trans>Assign</Trans>
          </Button>
        ) : null}
      </div>
      {readings.length === 0 ? (
        <p className={classes.quiet}>
          <Trans>Nobody reads this image yet.</Trans>
        </p>
      ) : null}
      <ul className={classes.list}>
        {readings.map((reading) => (
          <li key={reading.id} className={classes.person}>
            <Readers
              readers={[{ ...reading.reader, state: reading.state }]}
              editing={image.editing.filter((name) => name === reading.reader.name)}
            />
            <div>
              <div className={classes.name}>{reading.reader.name}</div>
              <Progress reading={reading} masks={image.masks} />
            </div>
            {mayAssign && reading.state === 'open' ? (
              <Tooltip label={t`Withdraw this reading`}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t`Withdraw the reading of ${reading.reader.name}`}
                  loading={remove.isPending && remove.variables?.id === reading.id}
                  onClick={() => remove.mutate(reading)}
                >
                  <IconX size={15} />
                </ActionIcon>
              </Tooltip>
            ) : null}
          </li>
        ))}
      </ul>
      <FormError error={remove.error} />
      <Suspense>
        {assigning ? (
          <AssignDialog
            chosen={{ image_ids: [image.id] }}
            count={1}
            onClose={() => setAssigning(false)}
            onAssigned={() => {
              setAssigning(false);
              void client.invalidateQueries({ queryKey: imageKey(image.id) });
            }}
          />
        ) : null}
      </Suspense>
    </div>
  );
}

function Progress({ reading, masks }: { reading: Reading; masks: WorkImage['masks'] }) {
  if (reading.state === 'open' || reading.state === 'returned') {
    return (
      <div className={classes.quiet}>
        {reading.state === 'returned' ? t`Returned` : t`Reads`}
        {reading.due_at ? (
          <>
            {comma()}
            <Due at={reading.due_at} />
          </>
        ) : null}
      </div>
    );
  }
  return (
    <div className={classes.quiet}>
      {READING_TEXT[reading.state].replace(/^./, (letter) => letter.toUpperCase())}
      {reading.submitted_revision
        ? comma() + t`revision ${revisionNumber(masks, reading.submitted_revision)}`
        : ''}
      {reading.submitted_at ? (
        <>
          {comma()}
          <Moment at={reading.submitted_at} />
        </>
      ) : null}
    </div>
  );
}
