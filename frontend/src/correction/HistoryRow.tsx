import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { newIdempotencyKey } from '../api/client';
import { messageOf } from '../api/problem';
import { Moment } from '../components/Moment';
import { Tooltip } from '../components/Tooltip';
import { drawingQuery } from '../editing/drawings';
import { useEditing } from '../editing/EditorContext';
import { imageQuery } from '../editing/imageQueries';
import { type Content, encodeRuns } from '../editor';
import { comma, currentLanguage, fixed } from '../language/language';
import { useCorrection } from './CorrectionContext';
import { type Difference, differenceOf } from './core/difference';
import type { CorrectionSession } from './core/session';
import { authorOf } from './correctedImage';
import classes from './HistoryPanel.module.css';
import { takeRevision } from './takeUp';
import type { Revision } from './wire';

interface Props {
  revision: Revision;
  /** The displayed number of a revision. */
  numberOf: (revision: Revision) => number;
  parent: Revision | null;
  approved: boolean;
  mayEdit: boolean;
  onCompare: () => void;
}

const ANSWERS = { lesions: t`Lesions`, 'no-lesion': t`No lesion`, 'cannot-judge': t`Cannot judge` };

export function HistoryRow(props: Props) {
  const { revision, numberOf, parent, approved, mayEdit, onCompare } = props;
  const number = numberOf(revision);
  const { looking, look, base } = useEditing();
  const { ref, entry } = useIntersection<HTMLLIElement>({ threshold: 0 });
  const change = useChange(revision, parent, entry?.isIntersecting === true);
  const shown = looking === revision.revision;
  const restore = useRestore(revision);
  const { seconds, result, answer, answer_reason } = revision;
  return (
    <li ref={ref} className={classes.row} data-shown={shown} data-revision={revision.revision}>
      <div className={classes.head}>
        <span className={classes.who}>
          {number} · {authorOf(revision)}
        </span>
        <span className={classes.when}>
          <Moment at={revision.created_at} />
        </span>
      </div>
      <p className={classes.facts}>
        {answer ? (
          <b>{ANSWERS[answer]}</b>
        ) : (
          <b>
            <Trans>Prediction</Trans>
          </b>
        )}
        {answer === 'cannot-judge' && answer_reason ? `: ${answer_reason}` : ''}
        {result && answer !== 'cannot-judge' ? comma() + lesions(result.lesions.length) : ''}
        {approved ? t`, approved` : ''}
        {base.revision === revision.revision ? t`, your drawing starts here` : ''}
        <br />
        {changeText(change, parent && numberOf(parent), revision)}
        {seconds === null || seconds < 1 ? '' : t` · ${duration(seconds)} at the image`}
      </p>
      <div className={classes.actions}>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          aria-pressed={shown}
          aria-label={
            shown ? t`Back to the drawing from revision ${number}` : t`Show revision ${number}`
          }
          onClick={() => look(shown ? null : revision.revision)}
        >
          {shown ? t`Back to the drawing` : t`Show`}
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          aria-label={t`Compare revision ${number}`}
          onClick={onCompare}
        >
          <Trans>Compare</Trans>
        </Button>
        {mayEdit ? (
          <Tooltip
            label={
              restore.blocked ?? t`Save it again as the newest revision. Nothing is overwritten.`
            }
          >
            <Button
              size="compact-sm"
              variant="subtle"
              color="gray"
              aria-label={t`Restore revision ${number}`}
              loading={restore.isPending}
              disabled={restore.blocked !== null}
              onClick={restore.run}
            >
              <Trans>Restore</Trans>
            </Button>
          </Tooltip>
        ) : null}
      </div>
      {restore.error ? (
        <p className={classes.facts} role="alert">
          <Trans>Not restored: {messageOf(restore.error)}</Trans>
        </p>
      ) : null}
    </li>
  );
}

const lesions = (count: number) => plural(count, { one: '1 lesion', other: '# lesions' });

function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0
    ? `${Math.round(seconds)} s`
    : t`${minutes} min ${Math.round(seconds % 60)} s`;
}

/** How a revision differs from its parent. */
type Change = Difference & {
  /** Classes and attributes are the same. */
  said: boolean;
};

const sameKinds = (a: Content, b: Content): boolean =>
  [a, b]
    .map(({ classIds = {}, values = {}, imageValues = {} }) =>
      JSON.stringify([classIds, values, imageValues]),
    )
    .every((one, _, all) => one === all[0]);

function changeText(change: Change | null, parent: number | null, own: Revision): string {
  const model = own.dice === null ? '' : t` · Dice ${fixed(own.dice, 3)} to the model`;
  if (parent === null)
    return own.source === 'model' ? t`The first outline` : t`The first revision${model}`;
  if (!change) return t`Compared with revision ${parent}: …${model}`;
  const { added, removed, relabelled, dice } = change;
  const figure = (value: number) => value.toLocaleString(currentLanguage());
  const parts = [
    added > 0 ? `+${figure(added)}` : '',
    removed > 0 ? `−${figure(removed)}` : '',
    relabelled > 0 ? t`${figure(relabelled)} to another lesion` : '',
  ].filter(Boolean);
  const said = change.said ? '' : t`, other classes or attributes`;
  if (parts.length === 0) return t`Same outlines as revision ${parent}${said}${model}`;
  return t`${parts.join(' ')} px, Dice ${fixed(dice, 3)} to revision ${parent}${said}${model}`;
}

/** The comparison with the parent; fetched once, and only for rows that have been visible. */
function useChange(revision: Revision, parent: Revision | null, seen: boolean): Change | null {
  const { imageId } = useEditing();
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ['revision-change', imageId, revision.revision],
    enabled: seen && parent !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      const both = [parent, revision].map(async (one) => {
        const drawing = await client.fetchQuery(drawingQuery(imageId, one ?? revision));
        const { width, height } = drawing.map;
        return { drawing, labels: { width, height, runs: encodeRuns(drawing.map), names: {} } };
      });
      const [before, after] = await Promise.all(both);
      if (!before || !after) return null;
      const said = sameKinds(before.drawing, after.drawing);
      return { ...differenceOf(before.labels, after.labels), said };
    },
  });
  return found.data ?? null;
}

/** Restoring creates a revision from old pixels; an unsaved drawing would prevent that. */
function useRestore(revision: Revision) {
  const client = useQueryClient();
  const { session } = useCorrection();
  const editing = useEditing();
  const { imageId, look } = editing;
  const mutation = useMutation({
    mutationFn: async (onto: { session: CorrectionSession; parent: number }) => {
      const restored = await onto.session.restore(
        revision.revision,
        onto.parent,
        newIdempotencyKey(),
      );
      const drawing = await client.fetchQuery(drawingQuery(imageId, revision));
      await client.fetchQuery({ ...imageQuery(imageId), staleTime: 0 });
      return { restored, drawing };
    },
    onSuccess: ({ restored, drawing }, onto) => {
      look(null);
      if (onto.session.image === imageId) takeRevision(editing, onto.session, restored, drawing);
    },
  });
  const newest = session?.source.parentRevision ?? null;
  const blocked = !session
    ? t`You may only view this image`
    : session.source.dirty
      ? t`Save or undo your drawing first`
      : newest === revision.revision
        ? t`This is already the newest revision`
        : null;
  const run = () => {
    if (session && newest !== null) mutation.mutate({ session, parent: newest });
  };
  return { run, blocked, isPending: mutation.isPending, error: mutation.error };
}
