import { plural } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, List, Modal, Text } from '@mantine/core';
import { FormError } from '../../../components/FormError';
import type { Redaction } from './useRedaction';

/** The last question before pixels are gone. */
export function BlackOutDialog({ redaction }: { redaction: Redaction }) {
  const { asked, dismiss, apply, sending, error } = redaction;
  const count = asked?.length ?? 0;
  return (
    <Modal
      opened={asked !== null}
      onClose={dismiss}
      title={plural(count, {
        one: 'Black out this area permanently?',
        other: 'Black out # areas permanently?',
      })}
      size="md"
    >
      <Text size="sm">
        <Trans>
          These pixels become black for everybody and nobody can restore them. Outlines that people
          drew stay.
        </Trans>
      </Text>
      <List size="sm" mt="sm" spacing={4}>
        <List.Item>
          <Trans>The image, its thumbnail and every overlay are recreated.</Trans>
        </List.Item>
        <List.Item>
          <Trans>Exports that contain the image as it is now are deleted.</Trans>
        </List.Item>
        <List.Item>
          <Trans>
            Backups, downloaded copies and the same file uploaded by other people are not changed.
          </Trans>
        </List.Item>
      </List>
      <FormError error={error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={dismiss} data-autofocus>
          <Trans>Keep the pixels</Trans>
        </Button>
        <Button color="red" loading={sending} onClick={apply}>
          <Trans>Black out permanently</Trans>
        </Button>
      </Group>
    </Modal>
  );
}
