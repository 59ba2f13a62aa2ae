import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { deleteImage } from '../../api/images';
import type { ImageDetail } from '../../api/types';
import { forgetImage } from '../../app/live';
import { isReviewer, useUser } from '../../app/session';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { actAndOfferUndo } from '../worklist/bulk';
import { itemName } from '../worklist/itemText';

interface Props {
  image: ImageDetail;
  onDeleted: () => void;
  onClose: () => void;
}

/** Asks before the image is deleted. What a reviewer deletes can be brought back, as in the worklist. */
export function DeleteDialog({ image, onDeleted, onClose }: Props) {
  const name = itemName(image);
  const kept = isReviewer(useUser());
  const removal = useMutation({
    mutationFn: async () => {
      if (kept) return (await actAndOfferUndo('delete', { image_ids: [image.id] })) > 0;
      await deleteImage(image.id);
      notifications.show({ message: t`${name} was deleted.` });
      return true;
    },
    onSuccess: (deleted) => {
      onClose();
      if (!deleted) return;
      onDeleted();
      forgetImage(image.id);
    },
  });
  return (
    <ConfirmDialog
      title={t`Delete ${name}?`}
      act={t`Delete`}
      running={removal}
      onClose={onClose}
      onAct={() => removal.mutate()}
    >
      {kept ? (
        <Trans>
          It leaves every list, the training pool and new exports, with all that was drawn on it.
          “Deleted images” keeps it for some days, to bring it back.
        </Trans>
      ) : (
        <Trans>
          The image, its masks and its measurements are removed for everybody. This cannot be
          undone.
        </Trans>
      )}
    </ConfirmDialog>
  );
}
