import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useMutation } from '@tanstack/react-query';
import type { ImageDetail } from '../../api/types';
import { forgetImage } from '../../app/live';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { actAndOfferUndo } from '../worklist/bulk';
import { itemName } from '../worklist/itemText';

interface Props {
  image: ImageDetail;
  onDeleted: () => void;
  onClose: () => void;
}

/** Asks before the image is deleted; it can be restored, as in the worklist. */
export function DeleteDialog({ image, onDeleted, onClose }: Props) {
  const name = itemName(image);
  const removal = useMutation({
    mutationFn: () => actAndOfferUndo('delete', { image_ids: [image.id] }),
    onSuccess: (deleted) => {
      onClose();
      if (deleted === 0) return;
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
      <Trans>
        It is removed from all lists, the training pool and new exports, with everything drawn on
        it. It stays under “Deleted images” for some days and can be brought back.
      </Trans>
    </ConfirmDialog>
  );
}
