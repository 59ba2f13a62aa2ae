import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import {
  IconArchive,
  IconArchiveOff,
  IconChecks,
  IconTrash,
  IconUserPlus,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { BulkKind } from '../../api/bulk';
import { COMMANDS, type CommandId } from '../../app/commands';
import { ariaKey, keyNameOf, keysOf } from '../../app/ownKeys';
import { on, useShortcuts } from '../../app/shortcuts';
import { currentLanguage } from '../../language/language';
import classes from './SelectionBar.module.css';
import type { Selection } from './useSelection';

interface Props {
  selection: Selection;
  /** Number of selected images. */
  count: number;
  /** Number of images in the list, as displayed; null if all are already selected. */
  total: string | null;
  /** The available actions, in this order. */
  acts: readonly BulkKind[];
  busy: BulkKind | null;
  onAct: (act: BulkKind) => void;
}

const ACTS: Record<BulkKind, { label: string; icon: ReactNode; command: CommandId }> = {
  assign: { label: t`Assign`, icon: <IconUserPlus size={15} />, command: 'assign' },
  approve: {
    label: t`Approve`,
    icon: <IconChecks size={15} />,
    command: 'approve',
  },
  archive: { label: t`Archive`, icon: <IconArchive size={15} />, command: 'archive' },
  unarchive: {
    label: t`Take out of the archive`,
    icon: <IconArchiveOff size={15} />,
    command: 'archive',
  },
  delete: { label: t`Delete`, icon: <IconTrash size={15} />, command: 'delete-images' },
};

/** The actions on the selected images. */
export function SelectionBar({ selection, count, total, acts, busy, onAct }: Props) {
  useShortcuts(COMMANDS['select-image'].group, [
    ...acts.map((act) => ({
      ...on(ACTS[act].command, () => onAct(act)),
      label: ACTS[act].label,
    })),
    on('select-all', selection.all),
  ]);
  return (
    <section className={classes.root} aria-label={t`Selected images`}>
      <span role="status" className={classes.count}>
        <Trans>{count.toLocaleString(currentLanguage())} selected</Trans>
      </span>
      {total === null ? null : (
        <Button size="compact-md" variant="subtle" onClick={selection.all}>
          <Trans>Select all {total}</Trans>
        </Button>
      )}
      {acts.map((act, index) => (
        <Button
          key={act}
          size="compact-md"
          variant={index === 0 ? 'filled' : 'default'}
          leftSection={ACTS[act].icon}
          loading={busy === act}
          disabled={busy !== null && busy !== act}
          aria-keyshortcuts={keysOf(ACTS[act].command).map(ariaKey).join(' ')}
          onClick={() => onAct(act)}
        >
          {ACTS[act].label}
          <kbd className={classes.key}>{keyNameOf(ACTS[act].command)}</kbd>
        </Button>
      ))}
      <Button size="compact-md" variant="subtle" color="gray" onClick={selection.clear}>
        <Trans>Clear the selection</Trans>
      </Button>
    </section>
  );
}
