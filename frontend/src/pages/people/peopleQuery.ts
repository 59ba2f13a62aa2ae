import { queryOptions } from '@tanstack/react-query';
import { fetchUsers } from '../../api/people';

/** People and the accounts of machines. */
export const peopleQuery = queryOptions({
  queryKey: ['people'],
  queryFn: async ({ signal }) => (await fetchUsers(signal)).items,
});
