import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, Group, Popover, Text } from '@mantine/core';
import { IconArchive, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';

interface Props {
  name: string;
  /** Drawings use it, so it can be retired but not removed. */
  used: boolean;
  /** Number of uses; null until known. */
  uses: number | null;
  what: 'lesion' | 'lesion or image';
  archived: boolean;
  onArchive: (archived: boolean) => void;
  onRemove: () => void;
}

/** Removes an unused item; an item used by drawings is retired after showing how many use it. */
export function Removal({ name, used, uses, what, archived, onArchive, onRemove }: Props) {
  const [asking, setAsking] = useState(false);
  if (archived) {
    return (
      <Button variant="subtle" size="compact-sm" onClick={() => onArchive(false)}>
        <Trans>Bring back</Trans>
      </Button>
    );
  }
  if (!used) {
    return (
      <ActionIcon
        variant="subtle"
        color="gray"
        size={32}
        aria-label={t`Remove ${name}`}
        onClick={onRemove}
      >
        <IconTrash size={16} stroke={1.6} />
      </ActionIcon>
    );
  }
  return (
    <Popover
      opened={asking}
      onChange={setAsking}
      width={280}
      position="bottom-end"
      trapFocus
      withinPortal
      shadow="md"
    >
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={32}
          aria-label={t`Retire ${name}`}
          onClick={() => setAsking(true)}
        >
          <IconArchive size={16} stroke={1.6} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Text size="sm" mb="sm">
          <Trans>
            {countText(uses, what)} “{name}”, so it cannot be removed. If you retire it, it stays
            there but is no longer offered.
          </Trans>
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" size="xs" onClick={() => setAsking(false)}>
            <Trans>Keep</Trans>
          </Button>
          <Button
            size="xs"
            data-autofocus
            onClick={() => {
              setAsking(false);
              onArchive(true);
            }}
          >
            <Trans>Retire</Trans>
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  );
}

function countText(uses: number | null, what: Props['what']): string {
  if (!uses) return t`Earlier drawings have`;
  return what === 'lesion'
    ? plural(uses, { one: 'One lesion has', other: '# lesions have' })
    : plural(uses, { one: 'One lesion or image has', other: '# lesions or images have' });
}
