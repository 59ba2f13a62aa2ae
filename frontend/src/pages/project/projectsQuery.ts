import { queryOptions } from '@tanstack/react-query';
import { fetchProjects } from '../../api/projects';

export const projectsQuery = queryOptions({
  queryKey: ['projects'],
  queryFn: ({ signal }) => fetchProjects(signal),
});
