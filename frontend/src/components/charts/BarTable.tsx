import { Trans } from '@lingui/react/macro';
import { currentLanguage } from '../../language/language';
import classes from './BarTable.module.css';

export interface BarRow {
  name: string;
  value: number;
}

interface Props {
  /** Heading of the first column; names the table to screen readers. */
  label: string;
  /** Heading of the figures. */
  unit: string;
  rows: readonly BarRow[];
}

/** Counts by name: a table with a bar in each row, so that plot and figures are combined. */
export function BarTable({ label, unit, rows }: Props) {
  const total = rows.reduce((sum, row) => sum + row.value, 0);
  const most = Math.max(1, ...rows.map((row) => row.value));
  return (
    <table className={classes.root}>
      <thead>
        <tr>
          <th scope="col">{label}</th>
          <th scope="col" className={classes.number}>
            {unit}
          </th>
          <th scope="col" className={classes.number}>
            <Trans>Share</Trans>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name}>
            <th scope="row" className={classes.name}>
              {row.name}
              <span className={classes.track} aria-hidden="true">
                <i style={{ width: `${(100 * row.value) / most}%` }} />
              </span>
            </th>
            <td className={classes.number}>{row.value.toLocaleString(currentLanguage())}</td>
            <td className={`${classes.number} ${classes.share}`}>
              {total > 0 ? `${Math.round((100 * row.value) / total)} %` : '–'}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
