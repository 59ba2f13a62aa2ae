import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Menu } from '@mantine/core';
import {
  IconBookmark,
  IconBookmarkPlus,
  IconCheck,
  IconPencil,
  IconRestore,
  IconTrash,
} from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { newIdempotencyKey } from '../../api/client';
import type { View } from '../../api/preferences';
import { useUser } from '../../app/session';
import { offerUndo } from '../../app/undoToast';
import { lazily } from '../../components/lazily';
import { withWords } from '../../language/withWords';
import { projectId, sameSearch, searchOf, useWorklistPreferences } from './preferences';
import type { WorklistSearch } from './search';
import classes from './WorklistBar.module.css';

const ViewDialog = lazily(
  async () => (await withWords('panels', () => import('./ViewDialog'))).ViewDialog,
);

interface Props {
  search: WorklistSearch;
  onChange: (search: WorklistSearch) => void;
}

/** Searches that the person saved under a name, and the one the worklist starts with. */
export function ViewsMenu({ search, onChange }: Props) {
  const user = useUser();
  const { worklist, change } = useWorklistPreferences();
  const [naming, setNaming] = useState<View | 'new' | null>(null);
  const project = projectId(user);
  if (!worklist || project === null) return null;
  const all = worklist.views ?? [];
  const defaults = worklist.default_views ?? [];
  const views = all.filter(({ project_id }) => project_id === project);
  const shown = views.find((view) => sameSearch(searchOf(view), search));

  const save = (view: View, begins: boolean) => {
    const others = defaults.filter((id) => !views.some((one) => one.id === id));
    const former = defaults.filter((id) => id !== view.id && !others.includes(id));
    change({
      views: [...all.filter(({ id }) => id !== view.id), view],
      default_views: [...others, ...(begins ? [view.id] : former)],
    });
  };
  const remove = (view: View) => {
    const { name } = view;
    change({
      views: all.filter(({ id }) => id !== view.id),
      default_views: defaults.filter((id) => id !== view.id),
    });
    offerUndo({
      message: t`View “${name}” deleted.`,
      undo: async () => change({ views: all, default_views: defaults }),
      undone: t`The view is back.`,
    });
  };

  return (
    <>
      <Menu position="bottom-start" shadow="md" width={260}>
        <Menu.Target>
          <Button
            variant="default"
            className={classes.views}
            leftSection={<IconBookmark size={15} stroke={1.8} />}
          >
            {shown ? shown.name : <Trans>Views</Trans>}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <Menu.Item
              key={view.id}
              leftSection={view.id === shown?.id ? <IconCheck size={15} /> : <span />}
              aria-current={view.id === shown?.id ? 'true' : undefined}
              onClick={() => onChange(searchOf(view))}
            >
              {view.name}
              {defaults.includes(view.id) ? (
                <span className={classes.begins}>
                  <Trans>shown first</Trans>
                </span>
              ) : null}
            </Menu.Item>
          ))}
          {views.length > 0 ? <Menu.Divider /> : null}
          {shown ? (
            <>
              <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setNaming(shown)}>
                <Trans>Change this view…</Trans>
              </Menu.Item>
              <Menu.Item
                color="red"
                leftSection={<IconTrash size={15} />}
                onClick={() => remove(shown)}
              >
                <Trans>Delete this view</Trans>
              </Menu.Item>
            </>
          ) : (
            <Menu.Item
              leftSection={<IconBookmarkPlus size={15} />}
              onClick={() => setNaming('new')}
            >
              <Trans>Save as a view…</Trans>
            </Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item component={Link} to="/ui/deleted" leftSection={<IconRestore size={15} />}>
            <Trans>Deleted images</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {naming ? (
        <ViewDialog
          view={naming === 'new' ? null : naming}
          begins={naming !== 'new' && defaults.includes(naming.id)}
          taken={views.filter((view) => view !== naming).map(({ name }) => name)}
          onClose={() => setNaming(null)}
          onSave={(name, begins) => {
            const view =
              naming === 'new'
                ? { id: newViewId(), project_id: project, search, name }
                : { ...naming, name };
            save(view, begins);
            setNaming(null);
          }}
        />
      ) : null}
    </>
  );
}

function newViewId(): string {
  const hex = newIdempotencyKey();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
