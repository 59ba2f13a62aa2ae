import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ColumnName } from '../../api/preferences';
import type { WorkItem } from '../../api/workflowTypes';
import { Due } from '../../components/Due';
import { Moment } from '../../components/Moment';
import { Readers } from '../../components/Readers';
import { StateMark } from '../../components/StateMark';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import { fixed } from '../../language/language';
import { COLUMN_TEXT, gridOf } from './columns';
import { ImageLink } from './ImageLink';
import classes from './ImageRow.module.css';
import { identityText, itemName, lesionText } from './itemText';
import type { WorklistSearch } from './search';
import { Thumbnail } from './Thumbnail';

/** Above this, the two readers may have meant different lesions. */
const LARGE_DISAGREEMENT = 0.3;

/** Purely visual: a screen reader reads a row as one link whose parts are self-explanatory. */
export function TableHead(props: { columns: readonly ColumnName[]; selectable: boolean }) {
  return (
    <div
      className={`${classes.row} ${classes.head}`}
      data-selectable={props.selectable}
      style={{ gridTemplateColumns: gridOf(props.columns) }}
      aria-hidden="true"
    >
      <span />
      <span>
        <Trans>Subject</Trans>
      </span>
      {props.columns.map((name) => (
        <span key={name}>{COLUMN_TEXT[name]}</span>
      ))}
    </div>
  );
}

interface Props {
  item: WorkItem;
  index: number;
  search: WorklistSearch;
  columns: readonly ColumnName[];
  selectable: boolean;
}

export function ImageRow({ selectable, columns, ...link }: Props) {
  const { item } = link;
  return (
    <ImageLink
      {...link}
      className={`${classes.row} ${classes.body} ${selectable ? classes.selectable : ''}`}
      style={{ gridTemplateColumns: gridOf(columns) }}
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
      {columns.map((name) => (
        <Cell key={name} name={name} item={item} />
      ))}
    </ImageLink>
  );
}

function Cell({ name, item }: { name: ColumnName; item: WorkItem }) {
  switch (name) {
    case 'state':
      return <State item={item} />;
    case 'readers':
      return (
        <span>
          {item.readers.length + item.editing.length > 0 ? (
            <Readers readers={item.readers} editing={item.editing} />
          ) : (
            <Nothing />
          )}
        </span>
      );
    case 'due':
      return <span>{item.due_at ? <Due at={item.due_at} /> : <Nothing />}</span>;
    case 'finding':
      return <Finding item={item} />;
    case 'uncertainty':
      return <UncertaintyMeter score={item.uncertainty_score} />;
    case 'disagreement':
      return <Disagreement value={item.disagreement} />;
    case 'long-axis':
      return (
        <span>
          {item.long_axis_mm === null ? <Nothing /> : t`${fixed(item.long_axis_mm, 1)} mm`}
        </span>
      );
    case 'model': {
      const model = item.model ? `${item.model.name} ${item.model.version}` : null;
      return (
        <span className={classes.quiet} title={model ?? ''}>
          {model ?? '–'}
        </span>
      );
    }
    case 'owner':
      return (
        <span className={classes.quiet} title={item.owner.name}>
          {item.owner.name}
        </span>
      );
    case 'added':
      return (
        <span className={classes.quiet} title={t`Added by ${item.owner.name}`}>
          <Moment at={item.created_at} />
        </span>
      );
  }
}

function State({ item }: { item: WorkItem }) {
  return (
    <span>
      <StateMark state={item.state} />
      {item.has_draft ? (
        <span className={classes.draft}>
          <Trans>Draft</Trans>
        </span>
      ) : null}
      {item.archived_at ? (
        <span className={classes.draft}>
          <Trans>Archived</Trans>
        </span>
      ) : null}
      {item.suspected_text ? (
        <span className={classes.draft}>
          <Trans>Text?</Trans>
        </span>
      ) : null}
    </span>
  );
}

function Finding({ item }: { item: WorkItem }) {
  return (
    <span className={classes.finding} data-none={item.lesion_count === 0}>
      {lesionText(item)}
      {item.frame_count > 1 ? (
        <span className={classes.unknown}>
          <Trans>{item.frame_count} frames</Trans>
        </span>
      ) : null}
    </span>
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
      {fixed(value, 2)}
    </span>
  );
}
