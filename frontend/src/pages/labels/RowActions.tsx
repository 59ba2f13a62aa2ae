import { t } from '@lingui/core/macro';
import { ActionIcon, Group } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { ComponentProps } from 'react';
import { Removal } from './Removal';

interface Props extends ComponentProps<typeof Removal> {
  onMove: (by: -1 | 1) => void;
}

/** Moves a row of the label set up or down, or removes it. */
export function RowActions({ onMove, ...removal }: Props) {
  return (
    <Group gap={2} wrap="nowrap">
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={t`${removal.name} further up`}
        onClick={() => onMove(-1)}
      >
        <IconArrowUp size={16} stroke={1.6} />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={t`${removal.name} further down`}
        onClick={() => onMove(1)}
      >
        <IconArrowDown size={16} stroke={1.6} />
      </ActionIcon>
      <Removal {...removal} />
    </Group>
  );
}
