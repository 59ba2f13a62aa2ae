import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { updateUser } from '../../api/people';
import type { User } from '../../api/types';
import { ConfirmDialog } from '../../components/ConfirmDialog';

/** Asks before somebody is locked out, and explains what happens to their work. */
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
    <ConfirmDialog
      title={t`Deactivate ${person.name}?`}
      act={t`Deactivate`}
      running={deactivate}
      onClose={onClose}
      onAct={() => deactivate.mutate()}
    >
      {person.service ? (
        <Trans>
          Nothing is accepted from {person.name} any more: its API tokens stop working permanently,
          and a PACS that sends as this account is refused. Its images stay.
        </Trans>
      ) : (
        <Trans>
          {person.name} is signed out everywhere and cannot sign in. Their links and API tokens stop
          working permanently. Their images, outlines and entries in the audit log stay.
        </Trans>
      )}
    </ConfirmDialog>
  );
}
