import { Button } from '@mantine/core';
import { IconArrowBackUp, IconCheck, IconColumns3 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { placeOf } from '../../api/place';
import type { WorkImage } from '../../api/workflowTypes';
import { CHORDS } from '../../app/chords';
import { isAdmin, isReviewer, isSiteAdmin, useUser } from '../../app/session';
import { useShortcuts } from '../../app/shortcuts';
import { FormError } from '../../components/FormError';
import { imageQuery } from '../image/imageQueries';
import { parseWorklistSearch } from '../worklist/search';
import { useWalk } from '../worklist/useWalk';
import { DeliveryLines } from './DeliveryLines';
import { ReadingList } from './ReadingList';
import { ReturnForm } from './ReturnForm';
import { ReviewList } from './ReviewList';
import classes from './ReviewPanel.module.css';
import { useReview } from './useReview';
import { authorText, candidatesOf, findingText, needsAdjudication } from './waiting';

/**
 * What an image's page says of its readings and reviews, and for a reviewer the decision:
 * approve or return with a comment, then the next image of the queue.
 */
export function ReviewPanel({ imageId }: { imageId: string }) {
  const image = useQuery(imageQuery(imageId)).data as WorkImage | undefined;
  if (!image) return null;
  return (
    <section className={classes.root} aria-label="Review">
      {image.may.review ? <Decide key={imageId} image={image} /> : <OwnWaits image={image} />}
      {image.state === 'approved' ? <DeliveryLines imageId={imageId} /> : null}
      <ReviewList reviews={image.reviews} />
      <ReadingList image={image} />
    </section>
  );
}

/** A reviewer on their own meets no dead end: what they handed in waits for somebody else. */
function OwnWaits({ image }: { image: WorkImage }) {
  const user = useUser();
  const mine = image.reading?.state === 'submitted';
  if (image.state !== 'submitted' || !mine || !isReviewer(user)) return null;
  return (
    <div className={classes.decide}>
      <p className={classes.lead}>
        You submitted this yourself, and in this project nobody approves their own work.
      </p>
      <ul className={classes.ways}>
        <li>Another reviewer can approve it; it is in their queue “To review”.</li>
        <li>
          {isAdmin(user) ? (
            <>
              If you read alone, allow it on the <Link to="/ui/project">project’s page</Link>{' '}
              (“Reviewers approve their own work”)
              {isSiteAdmin(user) ? (
                <>
                  , or invite a reviewer on <Link to="/ui/people">People</Link>
                </>
              ) : null}
              .
            </>
          ) : (
            'If you read alone, ask an admin of the project to allow it.'
          )}
        </li>
        <li>“Withdraw” above the image takes it back.</li>
      </ul>
    </div>
  );
}

function Decide({ image }: { image: WorkImage }) {
  const search = parseWorklistSearch(useSearch({ strict: false }));
  const { next } = useWalk(image.id, search);
  const review = useReview(placeOf(image.id, image.frame.index), search, next);
  const [returning, setReturning] = useState(false);
  const candidates = candidatesOf(image);
  const adjudicate = needsAdjudication(image);
  // A consensus stands above the reading that it was made from.
  const candidate = adjudicate ? undefined : candidates.at(-1);
  const approved = image.state === 'approved' ? image.approved_revision : null;
  const revision = candidate?.mask.revision ?? approved;
  const { reset } = review;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision is another question
  useEffect(() => {
    setReturning(false);
    reset();
  }, [revision, reset]);

  const approve = () => {
    if (candidate && !review.isPending) {
      review.mutate({ revision: candidate.mask.revision, verdict: 'approved', comment: null });
    }
  };
  useShortcuts(revision === null || adjudicate ? '' : 'Review', [
    { ...CHORDS.approve, label: 'Approve', run: approve },
    {
      ...CHORDS.return,
      label: 'Return with a comment',
      run: () => {
        if (revision !== null && !adjudicate) setReturning(true);
      },
    },
  ]);

  if (adjudicate) {
    return (
      <div className={classes.decide}>
        <p className={classes.lead}>{candidates.length} readings wait to be compared.</p>
        <Button
          component={Link}
          to="/ui/images/$imageId/adjudicate"
          params={{ imageId: image.id } as never}
          search={search as never}
          leftSection={<IconColumns3 size={16} stroke={1.8} />}
          fullWidth
        >
          Compare side by side
        </Button>
      </div>
    );
  }
  if (revision === null) return null;
  return (
    <div className={classes.decide}>
      <p className={classes.lead}>
        {candidate ? (
          <>
            <b>{authorText(candidate.mask)}</b> submitted revision {revision}:{' '}
            {findingText(candidate.mask)}
          </>
        ) : (
          `Revision ${revision} is approved and part of the training pool.`
        )}
      </p>
      {candidate?.mask.note ? <p className={classes.note}>{candidate.mask.note}</p> : null}
      {returning ? (
        <ReturnForm
          pending={review.isPending}
          onCancel={() => setReturning(false)}
          onReturn={(comment) => review.mutate({ revision, verdict: 'returned', comment })}
        />
      ) : (
        <div className={classes.buttons}>
          {candidate ? (
            <Button
              leftSection={<IconCheck size={16} stroke={2} />}
              rightSection={<kbd className={classes.key}>{CHORDS.approve.shown}</kbd>}
              loading={review.isPending}
              onClick={approve}
            >
              Approve
            </Button>
          ) : null}
          <Button
            variant="default"
            leftSection={<IconArrowBackUp size={16} stroke={1.8} />}
            rightSection={<kbd className={classes.key}>{CHORDS.return.shown}</kbd>}
            onClick={() => setReturning(true)}
          >
            Return
          </Button>
        </div>
      )}
      <FormError error={review.error} />
    </div>
  );
}
