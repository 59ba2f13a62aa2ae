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
        They leave every list, the training pool and new exports, with all that was drawn on them.
        “Deleted images” keeps them for some days, to bring them back. Images of other people stay
        unless you are an admin.
      </Trans>
    </ConfirmDialog>
  );
}
