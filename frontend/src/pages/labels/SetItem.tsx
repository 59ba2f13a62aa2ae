import { t } from '@lingui/core/macro';
import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './LabelSetPage.module.css';
import { RowActions } from './RowActions';

interface Change {
  name?: string;
  archived?: boolean;
}

export interface ItemActions<Draft> {
  readOnly: boolean;
  onChange: (change: Partial<Draft>) => void;
  onMove: (by: 1 | -1) => void;
  onRemove: () => void;
}

interface Props extends ItemActions<Change> {
  one: { name: string; archived?: boolean; fresh?: boolean };
  /** The name shown while it has none of its own. */
  name: string;
  nameLabel: string;
  /** Whether drawings use it, so that it can only be archived. */
  fixed: boolean;
  /** Number of lesions or images that use it; null until known. */
  uses: number | null;
  what: 'lesion' | 'lesion or image';
  lead?: ReactNode;
  /** Shown next to the name. */
  line: ReactNode;
  children?: ReactNode;
}

/** A class or an attribute of a label set: its name, its fields, and the available actions. */
export function SetItem({ one, readOnly, onChange, ...props }: Props) {
  return (
    <li className={classes.item} data-archived={one.archived}>
      {props.lead}
      <div className={classes.fields}>
        <div className={classes.line}>
          <TextInput
            aria-label={props.nameLabel}
            placeholder={t`Name`}
            className={classes.name}
            maxLength={80}
            readOnly={readOnly}
            autoFocus={one.fresh && one.name === ''}
            value={one.name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
          {props.line}
        </div>
        {props.children}
      </div>
      {readOnly ? null : (
        <RowActions
          name={props.name}
          used={props.fixed}
          uses={props.uses}
          what={props.what}
          archived={one.archived ?? false}
          onMove={props.onMove}
          onArchive={(archived) => onChange({ archived })}
          onRemove={props.onRemove}
        />
      )}
    </li>
  );
}
