import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconArrowBackUp, IconCheck, IconColumns3 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { frameKeyOf } from '../../api/frameKey';
import type { SubmittedFrame, WorkImage } from '../../api/workflowTypes';
import { COMMANDS } from '../../app/commands';
import { keyNameOf } from '../../app/ownKeys';
import { isAdmin, isReviewer, isSiteAdmin, useUser } from '../../app/session';
import { on, useShortcuts } from '../../app/shortcuts';
import { FormError } from '../../components/FormError';
import { imageQuery } from '../../editing/imageQueries';
import { parseWorklistSearch } from '../worklist/search';
import { useWalk } from '../worklist/useWalk';
import { DeliveryLines } from './DeliveryLines';
import { ReadingList } from './ReadingList';
import { ReturnForm } from './ReturnForm';
import { ReviewList } from './ReviewList';
import classes from './ReviewPanel.module.css';
import { useReview } from './useReview';
import { useSubmittedFrames } from './useSubmittedFrames';
import {
  authorText,
  candidatesOf,
  findingText,
  needsAdjudication,
  waitingReadings,
} from './waiting';

/**
 * The readings and reviews on an image's page, and the decision of a reviewer: approve, or return
 * with a comment, then go to the next image of the queue.
 */
export function ReviewPanel(props: { frameKey: string; onFrame: (frame: number) => void }) {
  const { frameKey, onFrame } = props;
  const image = useQuery(imageQuery(frameKey)).data as WorkImage | undefined;
  if (!image) return null;
  return (
    <section className={classes.root} aria-label={t`Review`}>
      {image.may.review ? (
        <Decide key={frameKey} image={image} onFrame={onFrame} />
      ) : (
        <OwnWaits image={image} />
      )}
      {image.state === 'approved' ? <DeliveryLines imageId={image.id} /> : null}
      <ReviewList reviews={image.reviews} />
      <ReadingList image={image} />
    </section>
  );
}

/** Tells a reviewer who works alone what to do about a submission that only others may approve. */
function OwnWaits({ image }: { image: WorkImage }) {
  const user = useUser();
  const mine = image.reading?.state === 'submitted';
  if (image.state !== 'submitted' || !mine || !isReviewer(user)) return null;
  return (
    <div className={classes.decide}>
      <p className={classes.lead}>
        <Trans>
          You submitted this yourself, and in this project nobody approves their own work.
        </Trans>
      </p>
      <ul className={classes.ways}>
        <li>
          <Trans>Another reviewer can approve it; it is in their queue “To review”.</Trans>
        </li>
        <li>
          {isAdmin(user) ? (
            <>
              <Trans>
                If you read alone, allow it on the <Link to="/ui/project">project’s page</Link>{' '}
                (“Reviewers approve their own work”)
              </Trans>
              {isSiteAdmin(user) ? (
                <Trans>
                  , or invite a reviewer on <Link to="/ui/people">People</Link>
                </Trans>
              ) : null}
              .
            </>
          ) : (
            t`If you read alone, ask an admin of the project to allow it.`
          )}
        </li>
        <li>
          <Trans>Use “Withdraw” above the image to take it back.</Trans>
        </li>
      </ul>
    </div>
  );
}

function Decide({ image, onFrame }: { image: WorkImage; onFrame: (frame: number) => void }) {
  const search = parseWorklistSearch(useSearch({ strict: false }));
  const { next } = useWalk(image.id, search);
  const review = useReview(frameKeyOf(image.id, image.frame.index), search, next);
  const [returning, setReturning] = useState(false);
  const candidates = candidatesOf(image);
  const adjudicate = needsAdjudication(image);
  // A consensus takes precedence over the readings from which it was made.
  const candidate = adjudicate ? undefined : candidates.at(-1);
  const approved = image.state === 'approved' ? image.approved_revision : null;
  const frames = useSubmittedFrames(image) ?? [];
  // If nothing was drawn on the open frame, the decision is about another submitted frame.
  const first = image.state === 'submitted' && !candidate && !adjudicate ? frames[0] : undefined;
  const elsewhere = first?.revisions[0]?.revision;
  const frame = elsewhere === undefined ? image.frame.index : (first?.index ?? 0);
  const revision = candidate?.mask.revision ?? elsewhere ?? approved;
  const waits = candidate !== undefined || elsewhere !== undefined;
  const { reset } = review;
  const waiting = waitingReadings(image);
  const reader = waiting[0]?.reader.name ?? t`Somebody`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision needs a new decision
  useEffect(() => {
    setReturning(false);
    reset();
  }, [revision, reset]);

  const approve = () => {
    if (waits && revision !== null && !review.isPending) {
      review.mutate({ frame, revision, verdict: 'approved', comment: null });
    }
  };
  useShortcuts(revision === null || adjudicate ? '' : COMMANDS.approve.group, [
    on('approve', approve),
    on('return', () => {
      if (revision !== null && !adjudicate) setReturning(true);
    }),
  ]);

  if (adjudicate) {
    return (
      <div className={classes.decide}>
        <p className={classes.lead}>
          <Plural
            value={waiting.length}
            one="# reading waits to be compared."
            other="# readings wait to be compared."
          />
        </p>
        <Button
          component={Link}
          to="/ui/images/$imageId/adjudicate"
          params={{ imageId: image.id } as never}
          search={search as never}
          leftSection={<IconColumns3 size={16} stroke={1.8} />}
          fullWidth
        >
          <Trans>Compare side by side</Trans>
        </Button>
      </div>
    );
  }
  if (revision === null) return null;
  return (
    <div className={classes.decide}>
      <p className={classes.lead}>
        {candidate ? (
          <Trans>
            <b>{authorText(candidate.mask)}</b> submitted revision {revision}:{' '}
            {findingText(candidate.mask)}
          </Trans>
        ) : waits ? (
          t`${reader} submitted nothing on this frame.`
        ) : (
          t`Revision ${revision} is approved and part of the training pool.`
        )}
      </p>
      {waits && frames.length > 0 ? (
        <SubmittedFrames frames={frames} shown={image.frame.index} onFrame={onFrame} />
      ) : null}
      {candidate?.mask.note ? <p className={classes.note}>{candidate.mask.note}</p> : null}
      {returning ? (
        <ReturnForm
          pending={review.isPending}
          onCancel={() => setReturning(false)}
          onReturn={(comment) => review.mutate({ frame, revision, verdict: 'returned', comment })}
        />
      ) : (
        <div className={classes.buttons}>
          {waits ? (
            <Button
              px="sm"
              leftSection={<IconCheck size={16} stroke={2} />}
              rightSection={<kbd className={classes.key}>{keyNameOf('approve')}</kbd>}
              loading={review.isPending}
              onClick={approve}
            >
              <Trans>Approve</Trans>
            </Button>
          ) : null}
          <Button
            px="sm"
            variant="default"
            leftSection={<IconArrowBackUp size={16} stroke={1.8} />}
            rightSection={<kbd className={classes.key}>{keyNameOf('return')}</kbd>}
            onClick={() => setReturning(true)}
          >
            <Trans>Return</Trans>
          </Button>
        </div>
      )}
      <FormError error={review.error} />
    </div>
  );
}

/** The frames of a cine that the decision covers, each with a link to view it. */
function SubmittedFrames(props: {
  frames: readonly SubmittedFrame[];
  shown: number;
  onFrame: (frame: number) => void;
}) {
  const { frames, shown, onFrame } = props;
  return (
    <div className={classes.frames}>
      <p>
        <Plural
          value={frames.length}
          one="The decision covers # frame:"
          other="The decision covers # frames:"
        />
      </p>
      {frames.map(({ index }) => {
        const number = index + 1;
        return (
          <Button
            key={index}
            size="compact-xs"
            variant={index === shown ? 'light' : 'default'}
            aria-label={t`Frame ${number}`}
            aria-current={index === shown}
            onClick={() => onFrame(index)}
          >
            {number}
          </Button>
        );
      })}
    </div>
  );
}
