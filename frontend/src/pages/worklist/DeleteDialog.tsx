import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ConfirmDialog } from '../../components/ConfirmDialog';

interface Props {
  count: number;
  running: { isPending: boolean; error: Error | null };
  onDelete: () => void;
  onClose: () => void;
}

/** Asks before images are deleted. */
export function DeleteDialog({ count, running, onDelete, onClose }: Props) {
  return (
    <ConfirmDialog
      title={plural(count, { one: 'Delete # image?', other: 'Delete # images?' })}
      act={t`Delete`}
      running={running}
      onClose={onClose}
      onAct={onDelete}
    >
      <Trans>
        They are removed from all lists, the training pool and new exports, with everything drawn on
        them. They stay under “Deleted images” for some days and can be brought back. Images of
        other people stay unless you are an admin.
      </Trans>
    </ConfirmDialog>
  );
}
