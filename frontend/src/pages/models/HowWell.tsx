import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import cards from '../../components/Cards.module.css';
import { currentLanguage } from '../../language/language';
import classes from './HowWell.module.css';
import { overall, type SetResult, setResults } from './howWell';

/** The model's results on images it had not seen: one sentence and one bar per set. */
export function HowWell({ metrics }: { metrics: Record<string, unknown> | undefined }) {
  const sets = setResults(metrics);
  const all = overall(sets);
  if (!all) return null;
  const format = new Intl.NumberFormat(currentLanguage(), {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const counts = new Intl.NumberFormat(currentLanguage());
  const share = (value: number | null) => (value === null ? '–' : format.format(value));
  const lesionImages = counts.format(all.lesionImages);
  const freeImages = counts.format(all.freeImages);
  const missed = share(all.missed);
  const overlap = share(all.dice);
  const outlined = share(all.outlined);
  return (
    <div className={classes.root}>
      <p className={classes.sentence}>
        {all.freeImages > 0 ? (
          <Trans>
            In {lesionImages} unseen images with a lesion it missed {missed} of them, and its
            outlines overlap with the experts’ by {overlap} (Dice). In {freeImages} images without a
            lesion it outlined something in {outlined}.
          </Trans>
        ) : (
          <Trans>
            In {lesionImages} unseen images with a lesion it missed {missed} of them, and its
            outlines overlap with the experts’ by {overlap} (Dice). It was not measured on images
            without a lesion.
          </Trans>
        )}
      </p>
      <table className={`${classes.table} ${cards.cards}`}>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Unseen images of</Trans>
            </th>
            <th scope="col">
              <Trans>Overlap (Dice)</Trans>
            </th>
            <th scope="col">
              <Trans>Missed</Trans>
            </th>
            <th scope="col">
              <Trans>Outlined where there is no lesion</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {sets.map((set) => (
            <Row key={set.name} set={set} share={share} count={(value) => counts.format(value)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: {
  set: SetResult;
  share: (value: number | null) => string;
  count: (value: number) => string;
}) {
  const { set, share, count } = props;
  return (
    <tr>
      <th scope="row">{set.name}</th>
      <td data-label={t`Overlap (Dice)`}>
        <Bar value={set.dice} text={share(set.dice)} of={set.lesionImages} count={count} />
      </td>
      <td data-label={t`Missed`}>{share(set.missed)}</td>
      <td data-label={t`Outlined where there is no lesion`}>
        <Bar
          value={set.outlined}
          text={share(set.outlined)}
          of={set.freeImages}
          count={count}
          bad
        />
      </td>
    </tr>
  );
}

function Bar(props: {
  value: number | null;
  text: string;
  of: number;
  count: (value: number) => string;
  bad?: boolean;
}) {
  const { value, text, of, count, bad = false } = props;
  if (value === null) return <>–</>;
  const images = count(of);
  return (
    <span className={classes.cell}>
      <svg
        className={classes.bar}
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        <rect width="100" height="8" className={classes.track} />
        <rect width={value * 100} height="8" className={bad ? classes.bad : classes.good} />
      </svg>
      <span className={classes.value}>{text}</span>
      <span className={classes.images}>
        <Trans>of {images}</Trans>
      </span>
    </span>
  );
}
