import type { ImageItem } from '../../api/types';
import { Moment } from '../../components/Moment';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import { ImageLink } from './ImageLink';
import classes from './ImageRow.module.css';
import { itemName } from './itemText';
import type { WorklistSearch } from './search';
import { Thumbnail } from './Thumbnail';

const COLUMNS = [
  '',
  'Subject',
  'State',
  'Lesions',
  'Longest axis',
  'Uncertainty',
  'Size',
  'Model',
  'Owner',
  'Added',
];

/** For the eye only: a row is read as one link, whose parts say what they are. */
export function TableHead() {
  return (
    <div className={`${classes.row} ${classes.head}`} aria-hidden="true">
      {COLUMNS.map((column) => (
        <span key={column}>{column}</span>
      ))}
    </div>
  );
}

export function ImageRow(props: { item: ImageItem; index: number; search: WorklistSearch }) {
  const { item } = props;
  return (
    <ImageLink {...props} className={`${classes.row} ${classes.body}`}>
      <span className={classes.thumbnail}>
        <Thumbnail item={item} />
      </span>
      <span className={item.subject ? classes.code : classes.anonymous}>{itemName(item)}</span>
      <span className={classes.state} data-state={item.state}>
        {item.state === 'predicted' ? 'Predicted' : 'Unlabelled'}
      </span>
      <span className={classes.number}>
        {item.state === 'unlabelled' ? '–' : item.lesion_count}
      </span>
      <span>{item.long_axis_mm === null ? '–' : `${item.long_axis_mm.toFixed(1)} mm`}</span>
      <UncertaintyMeter score={item.uncertainty_score} />
      <span className={classes.quiet}>
        {item.width} × {item.height}
      </span>
      <span
        className={classes.quiet}
        title={item.model ? `${item.model.name} ${item.model.version}` : ''}
      >
        {item.model ? `${item.model.name} ${item.model.version}` : '–'}
      </span>
      <span className={classes.quiet}>{item.owner.name}</span>
      <span className={classes.quiet}>
        <Moment at={item.created_at} />
      </span>
    </ImageLink>
  );
}
