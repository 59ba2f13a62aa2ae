import { queryOptions } from '@tanstack/react-query';
import { fetchProjects } from './projects';

export const projectsQuery = queryOptions({
  queryKey: ['projects'],
  queryFn: ({ signal }) => fetchProjects(signal),
});
