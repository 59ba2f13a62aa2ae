import { Trans } from '@lingui/react/macro';
import type { ExportFormat } from '../../api/workflowTypes';
import classes from './FormatCards.module.css';
import { FORMATS } from './formats';

/** One of the formats; plain radio buttons, so arrow keys and screen readers work as usual. */
export function FormatCards(props: {
  value: ExportFormat;
  onChange: (format: ExportFormat) => void;
}) {
  return (
    <fieldset className={classes.root}>
      <legend className={classes.legend}>
        <Trans>Format</Trans>
      </legend>
      {FORMATS.map(({ format, name, readers }) => (
        <label key={format} className={classes.card}>
          <input
            type="radio"
            name="format"
            className={classes.radio}
            value={format}
            checked={props.value === format}
            onChange={() => props.onChange(format)}
          />
          <span className={classes.name}>{name}</span>
          <span className={classes.readers}>{readers}</span>
        </label>
      ))}
    </fieldset>
  );
}
