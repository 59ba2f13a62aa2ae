import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Model } from '../../api/types';
import { fixed } from '../../language/language';
import { mostCorrectedQuery } from './modelsQuery';
import classes from './WhereItFails.module.css';

/** Images whose outlines readers here changed most: the model's beside what was approved. */
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
      <ul className={classes.list}>
        {images.map((one) => {
          const frame = `/images/${one.image_id}/frames/${one.frame_index}`;
          const dice = fixed(one.dice, 2);
          return (
            <li key={one.image_id}>
              <Link to="/ui/images/$imageId" params={{ imageId: one.image_id }}>
                <span className={classes.pair}>
                  {[one.predicted, one.handed_in].map((revision) => (
                    <span key={revision} className={classes.picture}>
                      <img src={`${frame}/pixels`} alt="" loading="lazy" />
                      <img src={`${frame}/outline?revision=${revision}`} alt="" loading="lazy" />
                    </span>
                  ))}
                </span>
                {one.dice === 0 ? t`Nothing in common` : t`Overlap (Dice): ${dice}`}
              </Link>
            </li>
          );
        })}
      </ul>
    </>
  );
}
