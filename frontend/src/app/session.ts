import { queryOptions, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { chooseProject, currentProject, onProject } from '../api/project';
import { fetchSession } from '../api/session';
import type { Role, SessionUser } from '../api/types';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => {
    const session = await fetchSession(signal);
    chooseProject(session?.user ?? null);
    return session;
  },
  staleTime: 5 * 60_000,
});

/** The signed-in person; null on pages that need no sign-in. */
export function useUser(): SessionUser | null {
  // Permissions depend on the project as well.
  useSyncExternalStore(onProject, currentProject);
  return useQuery(sessionQuery).data?.user ?? null;
}

/** The current project among those to which the person belongs. */
export function projectOf(user: SessionUser | null): SessionUser['projects'][number] | null {
  const id = currentProject();
  return user?.projects.find((project) => project.id === id) ?? user?.projects[0] ?? null;
}

const roleOf = (user: SessionUser | null): Role | null => projectOf(user)?.role ?? null;

/** May manage people, projects and the audit log. */
export const isSiteAdmin = (user: SessionUser | null): boolean => user?.site_admin === true;

/** An admin of the current project; site admins are admins of every project. */
export const isAdmin = (user: SessionUser | null): boolean => roleOf(user) === 'admin';

/** Reviewers of the current project, and admins, who may do everything that reviewers may. */
export const isReviewer = (user: SessionUser | null): boolean => {
  const role = roleOf(user);
  return role !== null && role !== 'annotator';
};
