import { plural } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { Dialog } from '../../components/Dialog';

interface Props {
  count: number;
  busy: boolean;
  onDelete: () => void;
  onClose: () => void;
}

/** Asks before images are deleted. */
export function DeleteDialog({ count, busy, onDelete, onClose }: Props) {
  return (
    <Dialog
      onClose={onClose}
      title={plural(count, { one: 'Delete # image?', other: 'Delete # images?' })}
    >
      <Text size="sm">
        <Trans>
          They leave every list, the training pool and new exports at once. Approved revisions and
          what others have drawn go with them. Images of other people stay unless you are an admin.
        </Trans>
      </Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={onClose}>
          <Trans>Cancel</Trans>
        </Button>
        <Button color="red" loading={busy} onClick={onDelete}>
          <Trans>Delete</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}
