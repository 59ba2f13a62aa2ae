import { Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useShortcuts } from '../../app/shortcuts';
import classes from './SelectionBar.module.css';
import type { Selection } from './useSelection';

/** What can be done with the picked images. */
export function SelectionBar(props: { selection: Selection; onAssign: () => void }) {
  const { selection, onAssign } = props;
  const count = selection.ids.size;
  useShortcuts('', [{ keys: ['a'], label: 'Assign', run: onAssign }]);
  return (
    <section className={classes.root} aria-label="Selected images">
      <span role="status">{count.toLocaleString('en')} selected</span>
      <Button
        size="compact-md"
        leftSection={<IconUserPlus size={15} stroke={1.8} />}
        onClick={onAssign}
      >
        Assign <kbd className={classes.key}>a</kbd>
      </Button>
      <Button size="compact-md" variant="subtle" color="gray" onClick={selection.clear}>
        Clear the selection
      </Button>
    </section>
  );
}
