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
      title={count === 1 ? 'Black out this area for good?' : `Black out ${count} areas for good?`}
      size="md"
    >
      <Text size="sm">
        These pixels become black for everybody and cannot be brought back by anyone. The outlines
        that people drew stay.
      </Text>
      <List size="sm" mt="sm" spacing={4}>
        <List.Item>The picture, its thumbnail and every overlay are made anew.</List.Item>
        <List.Item>Exports that hold the picture as it is now are deleted.</List.Item>
        <List.Item>
          Backups, copies that were downloaded, and the same file sent by other people are not
          reached.
        </List.Item>
      </List>
      <FormError error={error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={dismiss} data-autofocus>
          Keep the pixels
        </Button>
        <Button color="red" loading={sending} onClick={apply}>
          Black out for good
        </Button>
      </Group>
    </Modal>
  );
}
