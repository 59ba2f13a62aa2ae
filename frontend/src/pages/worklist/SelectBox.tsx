import { t } from '@lingui/core/macro';
import type { WorkItem } from '../../api/workflowTypes';
import { itemName } from './itemText';
import classes from './SelectBox.module.css';
import type { Selection } from './useSelection';

interface Props {
  item: WorkItem;
  index: number;
  selection: Selection;
  place: 'row' | 'card';
}

/** Selects an image without opening it. It is outside the link, which must contain no control. */
export function SelectBox({ item, index, selection, place }: Props) {
  return (
    <label
      className={classes.root}
      data-place={place}
      data-any={selection.ids.size > 0 || selection.allBut !== null}
    >
      <input
        type="checkbox"
        className={classes.box}
        aria-label={t`Select ${itemName(item)}`}
        checked={selection.ids.has(item.id)}
        onChange={(event) =>
          selection.toggle(index, (event.nativeEvent as MouseEvent).shiftKey ?? false)
        }
      />
    </label>
  );
}
