import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { WorkItem } from '../../api/workflowTypes';
import { Due } from '../../components/Due';
import { Moment } from '../../components/Moment';
import { Readers } from '../../components/Readers';
import { StateMark } from '../../components/StateMark';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import { ImageLink } from './ImageLink';
import classes from './ImageRow.module.css';
import { identityText, itemName, lesionText } from './itemText';
import type { WorklistSearch } from './search';
import { Thumbnail } from './Thumbnail';

const COLUMNS = [
  '',
  t`Subject`,
  t`State`,
  t`Readers`,
  t`Due`,
  t`Finding`,
  t`Uncertainty`,
  t`Disagreement`,
  t`Longest axis`,
  t`Model`,
  t`Added`,
];

/** Above this the two readers may well mean different lesions. */
const LARGE_DISAGREEMENT = 0.3;

/** For the eye only: a row is read as one link, whose parts say what they are. */
export function TableHead({ selectable }: { selectable: boolean }) {
  return (
    <div
      className={`${classes.row} ${classes.head}`}
      data-selectable={selectable}
      aria-hidden="true"
    >
      {COLUMNS.map((column) => (
        <span key={column}>{column}</span>
      ))}
    </div>
  );
}

interface Props {
  item: WorkItem;
  index: number;
  search: WorklistSearch;
  selectable: boolean;
}

export function ImageRow({ selectable, ...link }: Props) {
  const { item } = link;
  const model = item.model ? `${item.model.name} ${item.model.version}` : null;
  return (
    <ImageLink
      {...link}
      className={`${classes.row} ${classes.body} ${selectable ? classes.selectable : ''}`}
    >
      <span className={classes.thumbnail}>
        <Thumbnail item={item} />
      </span>
      <span className={item.subject ? classes.code : classes.anonymous} title={identityText(item)}>
        {itemName(item)}
        {item.subject ? null : (
          <span className={classes.unknown}>
            <Trans>Patient unknown</Trans>
          </span>
        )}
      </span>
      <span>
        <StateMark state={item.state} />
        {item.has_draft ? (
          <span className={classes.draft}>
            <Trans>Draft</Trans>
          </span>
        ) : null}
        {item.suspected_text ? (
          <span className={classes.draft}>
            <Trans>Text?</Trans>
          </span>
        ) : null}
      </span>
      <span>
        {item.readers.length + item.editing.length > 0 ? (
          <Readers readers={item.readers} editing={item.editing} />
        ) : (
          <Nothing />
        )}
      </span>
      <span>{item.due_at ? <Due at={item.due_at} /> : <Nothing />}</span>
      <span className={item.lesion_count === 0 ? classes.quiet : undefined}>
        {lesionText(item)}
        {item.frame_count > 1 ? (
          <span className={classes.unknown}>
            <Trans>{item.frame_count} frames</Trans>
          </span>
        ) : null}
      </span>
      <UncertaintyMeter score={item.uncertainty_score} />
      <Disagreement value={item.disagreement} />
      <span>
        {item.long_axis_mm === null ? <Nothing /> : t`${item.long_axis_mm.toFixed(1)} mm`}
      </span>
      <span className={classes.quiet} title={model ?? ''}>
        {model ?? '–'}
      </span>
      <span className={classes.quiet} title={t`Added by ${item.owner.name}`}>
        <Moment at={item.created_at} />
      </span>
    </ImageLink>
  );
}

const Nothing = () => <span className={classes.quiet}>–</span>;

function Disagreement({ value }: { value: number | null }) {
  if (value === null) return <Nothing />;
  return (
    <span className={value > LARGE_DISAGREEMENT ? classes.warn : undefined}>
      <span className={classes.hidden}>
        <Trans>Disagreement of the two readers</Trans>{' '}
      </span>
      {value.toFixed(2)}
    </span>
  );
}
