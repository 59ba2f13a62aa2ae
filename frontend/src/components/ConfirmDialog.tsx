import { t } from '@lingui/core/macro';
import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Dialog } from './Dialog';
import { FormError } from './FormError';

interface Props {
  title: string;
  /** The label of the button that does it. */
  act: string;
  /** The label of the button that changes nothing; "Cancel" unless given. */
  keep?: string;
  running: { isPending: boolean; error: Error | null };
  onAct: () => void;
  onClose: () => void;
  /** The consequences. */
  children: ReactNode;
}

/** Asks before something is deleted or stopped; the focus is on the button that cancels. */
export function ConfirmDialog({ title, act, keep, running, onAct, onClose, children }: Props) {
  return (
    <Dialog onClose={onClose} title={title}>
      <Text size="sm" component="div">
        {children}
      </Text>
      <FormError error={running.error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={onClose}>
          {keep ?? t`Cancel`}
        </Button>
        <Button color="red" loading={running.isPending} onClick={onAct}>
          {act}
        </Button>
      </Group>
    </Dialog>
  );
}
