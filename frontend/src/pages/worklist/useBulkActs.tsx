import { plural } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { BulkKind, Chosen } from '../../api/bulk';
import { messageOf } from '../../api/problem';
import { actAndOfferUndo } from './bulk';

interface Options {
  chosen: () => Chosen;
  count: number;
  /** Opens the dialog that asks who reads. */
  onAssign: () => void;
  onDone: () => void;
}

interface BulkActs {
  act: (kind: BulkKind) => void;
  busy: BulkKind | null;
  /** Asks before images are deleted; empty otherwise. */
  confirmation: ReactNode;
}

/** Acts on the picked images: each one request, each undone as one. */
export function useBulkActs({ chosen, count, onAssign, onDone }: Options): BulkActs {
  const [asking, setAsking] = useState(false);
  const run = useMutation({
    mutationFn: (kind: BulkKind) => actAndOfferUndo(kind, chosen()),
    onSuccess: onDone,
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red' }),
    onSettled: () => setAsking(false),
  });
  const act = (kind: BulkKind) => {
    if (count === 0 || run.isPending) return;
    if (kind === 'assign') onAssign();
    else if (kind === 'delete') setAsking(true);
    else run.mutate(kind);
  };
  return {
    act,
    busy: run.isPending ? run.variables : null,
    confirmation: asking ? (
      <Modal
        opened
        onClose={() => setAsking(false)}
        title={plural(count, { one: 'Delete # image?', other: 'Delete # images?' })}
      >
        <Text size="sm">
          <Trans>
            They leave every list, the training pool and new exports at once. Approved revisions and
            what others have drawn go with them. Images of other people stay unless you are an
            admin.
          </Trans>
        </Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" data-autofocus onClick={() => setAsking(false)}>
            <Trans>Cancel</Trans>
          </Button>
          <Button color="red" loading={run.isPending} onClick={() => run.mutate('delete')}>
            <Trans>Delete</Trans>
          </Button>
        </Group>
      </Modal>
    ) : null,
  };
}
