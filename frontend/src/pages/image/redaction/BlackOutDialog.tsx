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
      title={
        count === 1 ? 'Black out this area permanently?' : `Black out ${count} areas permanently?`
      }
      size="md"
    >
      <Text size="sm">
        These pixels become black for everybody and nobody can restore them. Outlines that people
        drew stay.
      </Text>
      <List size="sm" mt="sm" spacing={4}>
        <List.Item>The image, its thumbnail and every overlay are recreated.</List.Item>
        <List.Item>Exports that contain the image as it is now are deleted.</List.Item>
        <List.Item>
          Backups, downloaded copies and the same file uploaded by other people are not changed.
        </List.Item>
      </List>
      <FormError error={error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={dismiss} data-autofocus>
          Keep the pixels
        </Button>
        <Button color="red" loading={sending} onClick={apply}>
          Black out permanently
        </Button>
      </Group>
    </Modal>
  );
}
