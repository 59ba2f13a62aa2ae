import { Trans } from '@lingui/react/macro';
import type { WorkItem } from '../../api/workflowTypes';
import { Due } from '../../components/Due';
import { Moment } from '../../components/Moment';
import { Readers } from '../../components/Readers';
import { StateMark } from '../../components/StateMark';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import { fixed } from '../../language/language';
import classes from './ImageCard.module.css';
import { ImageLink } from './ImageLink';
import { identityText, itemName, lesionText } from './itemText';
import type { WorklistSearch } from './search';
import { Thumbnail } from './Thumbnail';

export function ImageCard(props: { item: WorkItem; index: number; search: WorklistSearch }) {
  const { item } = props;
  return (
    <ImageLink {...props} className={classes.root}>
      <span className={classes.picture}>
        <Thumbnail item={item} />
        {item.frame_count > 1 ? (
          <span className={classes.frames}>
            <Trans>{item.frame_count} frames</Trans>
          </span>
        ) : null}
        {item.has_draft ? (
          <span className={classes.draft}>
            <Trans>Draft</Trans>
          </span>
        ) : null}
        {item.suspected_text ? (
          <span className={classes.text}>
            <Trans>Text suspected</Trans>
          </span>
        ) : null}
      </span>
      <span className={classes.caption}>
        <span className={classes.line}>
          <span
            className={item.subject ? classes.code : classes.anonymous}
            title={identityText(item)}
          >
            {itemName(item)}
            {item.subject ? null : (
              <span className={classes.unknown}>
                <Trans>Patient unknown</Trans>
              </span>
            )}
          </span>
          <span className={classes.age}>
            {item.due_at ? <Due at={item.due_at} /> : <Moment at={item.created_at} />}
          </span>
        </span>
        <span className={classes.line}>
          <span
            className={classes.lesions}
            data-state={item.state}
            data-none={item.lesion_count === 0}
          >
            {lesionText(item)}
            {item.long_axis_mm === null ? null : (
              <span className={classes.axis}>
                <Trans>{fixed(item.long_axis_mm, 1)} mm</Trans>
              </span>
            )}
          </span>
          <UncertaintyMeter score={item.uncertainty_score} text={false} />
        </span>
        <span className={`${classes.line} ${classes.work}`}>
          <StateMark state={item.state} />
          <Readers readers={item.readers} editing={item.editing} />
        </span>
      </span>
    </ImageLink>
  );
}
