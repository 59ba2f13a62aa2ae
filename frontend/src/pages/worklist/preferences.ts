import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import {
  type Preferences,
  putWorklistPreferences,
  type View,
  type WorklistPreferences,
} from '../../api/preferences';
import { messageOf } from '../../api/problem';
import { currentProject } from '../../api/project';
import type { SessionUser } from '../../api/types';
import { preferencesQuery } from '../../app/preferences';
import { parseWorklistSearch, type WorklistSearch } from './search';

/**
 * The person's worklist settings and a function to change them. A change is shown at once and
 * stored on the server.
 */
export function useWorklistPreferences() {
  const client = useQueryClient();
  const { data } = useQuery(preferencesQuery);
  const put = useMutation({
    mutationFn: putWorklistPreferences,
    onMutate: (worklist: WorklistPreferences) => {
      const before = client.getQueryData<Preferences>(preferencesQuery.queryKey);
      client.setQueryData<Preferences>(preferencesQuery.queryKey, (known) =>
        known ? { ...known, worklist } : known,
      );
      return before;
    },
    onError: (error, _, before) => {
      client.setQueryData(preferencesQuery.queryKey, before);
      notifications.show({ message: messageOf(error), color: 'red' });
    },
  });
  const worklist = data?.worklist ?? null;
  return {
    /** Null until loaded. */
    worklist,
    change: (part: Partial<WorklistPreferences>) => {
      if (worklist) put.mutate({ ...worklist, ...part });
    },
  };
}

/** The id of the project whose lists are shown. */
export const projectId = (user: SessionUser | null): string | null =>
  currentProject() ?? user?.projects[0]?.id ?? null;

/** The filters of a view as address parameters; unknown ones are left out. */
export const searchOf = (view: View): WorklistSearch =>
  parseWorklistSearch(view.search as Record<string, unknown>);

/** Whether two searches have the same filters and order, however their parts were set. */
export function sameSearch(one: WorklistSearch, other: WorklistSearch): boolean {
  const parts = (search: WorklistSearch) => JSON.stringify(Object.entries(search).sort());
  return parts(one) === parts(other);
}

const begun = new Set<string>();

/** The view with which the worklist starts, the first time that a page shows a project's list. */
export function viewToBeginWith(
  worklist: WorklistPreferences,
  project: string | null,
): WorklistSearch | null {
  if (project === null || begun.has(project)) return null;
  begun.add(project);
  const view = worklist.views?.find(
    ({ id, project_id }) => project_id === project && worklist.default_views?.includes(id),
  );
  return view ? searchOf(view) : null;
}
