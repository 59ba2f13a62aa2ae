import { Button, Group, Modal, Text } from '@mantine/core';
import { CopyField } from '../../components/CopyField';

export interface SetUpLink {
  purpose: 'invitation' | 'reset';
  name: string;
  url: string;
}

/** The link is a key: shown once, never stored here. */
export function LinkDialog({ link, onClose }: { link: SetUpLink | null; onClose: () => void }) {
  return (
    <Modal
      opened={link !== null}
      onClose={onClose}
      closeOnClickOutside={false}
      title={link?.purpose === 'reset' ? `New password for ${link.name}` : `Link for ${link?.name}`}
    >
      {link ? (
        <>
          <Text size="sm">
            Give this link to {link.name} in a way that you trust. It works once and is not shown
            again.
            {link.purpose === 'reset'
              ? ' Once it is used, their other browsers are signed out and their API tokens end.'
              : ''}
          </Text>
          <CopyField label="One-time link" value={link.url} />
        </>
      ) : null}
      <Group justify="flex-end">
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Modal>
  );
}
