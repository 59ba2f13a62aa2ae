import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import type { WorkItem } from '../../api/workflowTypes';
import classes from './Thumbnail.module.css';

/** The preview, on black as on the scanner. Decorative: the link around it names the image. */
export function Thumbnail({ item }: { item: WorkItem }) {
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  return (
    <span className={classes.root} data-state={state}>
      {state === 'failed' ? (
        <span className={classes.failed}>
          <Trans>No preview</Trans>
        </span>
      ) : (
        <img
          className={classes.image}
          src={item.thumbnail_url}
          alt=""
          decoding="async"
          draggable={false}
          onLoad={() => setState('shown')}
          onError={() => setState('failed')}
        />
      )}
      {item.outline_url && state === 'shown' ? (
        <img className={classes.outline} src={item.outline_url} alt="" draggable={false} />
      ) : null}
    </span>
  );
}
