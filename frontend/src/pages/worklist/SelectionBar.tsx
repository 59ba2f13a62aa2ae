import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useShortcuts } from '../../app/shortcuts';
import { currentLanguage } from '../../language/language';
import classes from './SelectionBar.module.css';
import type { Selection } from './useSelection';

/** What can be done with the picked images. */
export function SelectionBar(props: { selection: Selection; onAssign: () => void }) {
  const { selection, onAssign } = props;
  const count = selection.ids.size;
  useShortcuts('', [{ keys: ['a'], label: t`Assign`, run: onAssign }]);
  return (
    <section className={classes.root} aria-label={t`Selected images`}>
      <span role="status">
        <Trans>{count.toLocaleString(currentLanguage())} selected</Trans>
      </span>
      <Button
        size="compact-md"
        leftSection={<IconUserPlus size={15} stroke={1.8} />}
        onClick={onAssign}
      >
        <Trans>
          Assign <kbd className={classes.key}>a</kbd>
        </Trans>
      </Button>
      <Button size="compact-md" variant="subtle" color="gray" onClick={selection.clear}>
        <Trans>Clear the selection</Trans>
      </Button>
    </section>
  );
}
