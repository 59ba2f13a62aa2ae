import { queryOptions } from '@tanstack/react-query';
import { fetchGroups } from '../../api/groups';
import { fetchUsers } from '../../api/people';

/** People and machine accounts. */
export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: async ({ signal }) => (await fetchUsers(signal)).items,
});

export const groupsQuery = queryOptions({
  queryKey: ['groups'],
  queryFn: ({ signal }) => fetchGroups(signal),
});
