import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { updateUser } from '../../api/people';
import type { User } from '../../api/types';
import { Dialog } from '../../components/Dialog';
import { FormError } from '../../components/FormError';

/** Asks before somebody is locked out, and says what becomes of their work. */
export function DeactivateDialog({ person, onClose }: { person: User; onClose: () => void }) {
  const client = useQueryClient();
  const deactivate = useMutation({
    mutationFn: () => updateUser(person.id, { active: false }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={t`Deactivate ${person.name}?`}>
      <Text size="sm">
        {person.service ? (
          <Trans>
            Nothing is taken from {person.name} any more: its API tokens stop working for good, and
            a PACS that sends as it is refused. Its images stay.
          </Trans>
        ) : (
          <Trans>
            {person.name} is signed out everywhere and cannot sign in. Links and API tokens of
            theirs stop working for good. Their images, outlines and entries in the audit log stay.
          </Trans>
        )}
      </Text>
      <FormError error={deactivate.error} />
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={onClose}>
          <Trans>Cancel</Trans>
        </Button>
        <Button color="red" loading={deactivate.isPending} onClick={() => deactivate.mutate()}>
          <Trans>Deactivate</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}
