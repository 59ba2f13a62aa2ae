import { QueryClient } from '@tanstack/react-query';
import { ApiError } from '../api/problem';

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      // Retrying cannot change a refusal.
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.transient),
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
