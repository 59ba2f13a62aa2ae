import { t } from '@lingui/core/macro';
import { useMediaQuery } from '@mantine/hooks';
import { useMemo } from 'react';
import type { ColumnName } from '../../api/preferences';
import { useWorklistPreferences } from './preferences';

export const COLUMN_TEXT: Record<ColumnName, string> = {
  state: t`State`,
  readers: t`Readers`,
  due: t`Due`,
  finding: t`Finding`,
  uncertainty: t`Uncertainty`,
  disagreement: t`Disagreement`,
  'long-axis': t`Longest axis`,
  model: t`Model`,
  owner: t`Added by`,
  added: t`Added`,
};

/** All available columns, in table order. */
export const COLUMNS = Object.keys(COLUMN_TEXT) as ColumnName[];

const WIDTHS: Record<ColumnName, string> = {
  state: 'minmax(72px, 1.2fr)',
  readers: 'minmax(52px, 0.7fr)',
  due: 'minmax(56px, 0.7fr)',
  finding: 'minmax(96px, 1.4fr)',
  uncertainty: 'minmax(78px, 0.8fr)',
  disagreement: 'minmax(76px, 0.8fr)',
  'long-axis': 'minmax(52px, 0.8fr)',
  model: 'minmax(56px, 1.5fr)',
  owner: 'minmax(56px, 0.9fr)',
  added: 'minmax(52px, 0.8fr)',
};

/** The default columns. Narrow screens first drop axis and model, which the image's page shows. */
function usual(narrow: boolean, narrower: boolean): ColumnName[] {
  const less: ColumnName[] = ['owner'];
  if (narrow) less.push('long-axis', 'model');
  if (narrower) less.push('added');
  return COLUMNS.filter((name) => !less.includes(name));
}

/** The columns that the person chose, else the default ones for this screen. */
export function useColumns(): ColumnName[] {
  const { worklist } = useWorklistPreferences();
  const narrow = useMediaQuery('(max-width: 1280px)', false, { getInitialValueInEffect: false });
  const narrower = useMediaQuery('(max-width: 1080px)', false, { getInitialValueInEffect: false });
  const chosen = worklist?.columns;
  return useMemo(
    () => (chosen ? COLUMNS.filter((name) => chosen.includes(name)) : usual(narrow, narrower)),
    [chosen, narrow, narrower],
  );
}

/** Grid widths of the picture, the subject and these columns. */
export const gridOf = (columns: readonly ColumnName[]): string =>
  ['60px', 'minmax(104px, 1.2fr)', ...columns.map((name) => WIDTHS[name])].join(' ');
