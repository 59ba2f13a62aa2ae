import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Review } from '../../api/workflowTypes';
import { Moment } from '../../components/Moment';
import classes from './ReviewPanel.module.css';

/** The decisions on an image; the newest one is what its reader needs to know. */
export function ReviewList({ reviews }: { reviews: readonly Review[] }) {
  const [newest, ...older] = reviews;
  if (!newest) return null;
  return (
    <div className={classes.part}>
      <div className={classes.head}>
        <h2 className={classes.title}>
          {newest.verdict === 'returned' ? t`Returned` : t`Approved`}
        </h2>
      </div>
      <ul className={classes.list}>
        <Entry review={newest} />
      </ul>
      {older.length > 0 ? (
        <details className={classes.older}>
          <summary>
            {plural(older.length, { one: 'Earlier decision', other: 'Earlier decisions' })}
          </summary>
          <ul className={classes.list}>
            {older.map((review) => (
              <Entry key={review.id} review={review} />
            ))}
          </ul>
        </details>
      ) : null}
    </div>
  );
}

function Entry({ review }: { review: Review }) {
  return (
    <li className={classes.review} data-verdict={review.verdict}>
      <span className={classes.quiet}>
        {review.verdict === 'returned' ? (
          <Trans>
            {review.reviewer.name} returned revision {review.revision},{' '}
            <Moment at={review.created_at} />
          </Trans>
        ) : (
          <Trans>
            {review.reviewer.name} approved revision {review.revision},{' '}
            <Moment at={review.created_at} />
          </Trans>
        )}
      </span>
      {review.comment ? <p className={classes.comment}>{review.comment}</p> : null}
    </li>
  );
}
