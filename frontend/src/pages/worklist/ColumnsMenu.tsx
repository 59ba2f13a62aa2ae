import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Menu } from '@mantine/core';
import { IconColumns3 } from '@tabler/icons-react';
import { COLUMN_TEXT, COLUMNS } from './columns';
import { useWorklistPreferences } from './preferences';

/** The menu of the table's columns. */
export function ColumnsMenu({ shown }: { shown: readonly string[] }) {
  const { worklist, change } = useWorklistPreferences();
  return (
    <Menu position="bottom-end" shadow="md" closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon variant="default" size={36} aria-label={t`Columns`} title={t`Columns`}>
          <IconColumns3 size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {COLUMNS.map((name) => {
          const on = shown.includes(name);
          return (
            <Menu.CheckboxItem
              key={name}
              checked={on}
              onChange={() =>
                change({
                  columns: COLUMNS.filter((one) => shown.includes(one) !== (one === name)),
                })
              }
            >
              {COLUMN_TEXT[name]}
            </Menu.CheckboxItem>
          );
        })}
        <Menu.Divider />
        <Menu.Item disabled={!worklist?.columns} onClick={() => change({ columns: null })}>
          <Trans>The usual columns</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
