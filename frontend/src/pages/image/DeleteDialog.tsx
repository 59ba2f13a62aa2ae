import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { messageOf } from '../../api/problem';
import { Dialog } from '../../components/Dialog';

interface Props {
  name: string;
  busy: boolean;
  error: Error | null;
  onDelete: () => void;
  onClose: () => void;
}

/** Asks before the image is deleted. */
export function DeleteDialog({ name, busy, error, onDelete, onClose }: Props) {
  return (
    <Dialog onClose={onClose} title={t`Delete ${name}?`} size="sm">
      <Text size="sm">
        <Trans>
          The image, its masks and its measurements are removed for everybody. This cannot be taken
          back.
        </Trans>
      </Text>
      {error ? (
        <Text size="sm" c="var(--sl-bad)" role="alert" mt="sm">
          {messageOf(error)}
        </Text>
      ) : null}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={onClose} data-autofocus>
          <Trans>Keep it</Trans>
        </Button>
        <Button color="red" loading={busy} onClick={onDelete}>
          <Trans>Delete</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}
