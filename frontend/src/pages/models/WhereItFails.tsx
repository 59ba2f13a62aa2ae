import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { Model } from '../../api/types';
import { fixed } from '../../language/language';
import { ImagePairs } from './ImagePairs';
import { mostCorrectedQuery } from './modelsQueries';
import classes from './WhereItFails.module.css';

/** Images whose outlines were changed most by readers: the model's next to the approved one. */
export function WhereItFails({ model }: { model: Model }) {
  const found = useQuery(mostCorrectedQuery(`${model.name}@${model.version}`));
  const images = found.data?.items ?? [];
  if (images.length === 0) return null;
  return (
    <>
      <p className={classes.text}>
        <Trans>
          Images that readers here changed most: what the model outlined on the left, what was
          approved on the right.
        </Trans>
      </p>
      <ImagePairs
        pairs={images.map((one) => {
          const dice = fixed(one.dice, 2);
          const outline = `/images/${one.image_id}/frames/${one.frame_index}/outline?revision=`;
          return {
            key: one.image_id,
            imageId: one.image_id,
            frame: one.frame_index,
            outlines: [outline + one.predicted, outline + one.handed_in],
            caption: one.dice === 0 ? t`Nothing in common` : t`Overlap (Dice): ${dice}`,
          };
        })}
      />
    </>
  );
}
