import { Trans } from '@lingui/react/macro';
import { Skeleton } from '@mantine/core';
import type { Density } from './WorklistPage';
import classes from './WorklistSkeleton.module.css';

export function WorklistSkeleton({ density }: { density: Density }) {
  const places = Array.from({ length: density === 'grid' ? 24 : 14 }, (_, place) => place);
  return (
    <div className={density === 'grid' ? classes.grid : classes.table} role="status">
      <span className={classes.words}>
        <Trans>Loading the worklist</Trans>
      </span>
      {places.map((place) => (
        <Skeleton key={place} className={classes.cell} radius={density === 'grid' ? 12 : 6} />
      ))}
    </div>
  );
}
