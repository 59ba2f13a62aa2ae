import { Button, Progress } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelRerun, fetchRerun, startRerun } from '../../api/models';
import { FormError } from '../../components/FormError';
import classes from './ModelsPage.module.css';

const rerunQuery = queryOptions({
  queryKey: ['deployments', 'rerun'],
  queryFn: ({ signal }) => fetchRerun(signal),
  refetchInterval: (query) =>
    query.state.data?.state === 'queued' || query.state.data?.state === 'running' ? 2_000 : false,
});

/** Outlines that nobody has touched and that another model made; for admins of the project. */
export function RerunLine() {
  const client = useQueryClient();
  const { data } = useQuery(rerunQuery);
  const put = { onSuccess: () => void client.invalidateQueries({ queryKey: rerunQuery.queryKey }) };
  const start = useMutation({ mutationFn: startRerun, ...put });
  const cancel = useMutation({ mutationFn: cancelRerun, ...put });
  if (!data) return null;
  const underWay = data.state === 'queued' || data.state === 'running';
  if (!underWay && data.waiting === 0) return null;
  return (
    <>
      <div className={classes.now}>
        <p role="status">
          {underWay
            ? `Outlining images anew: ${data.done} of ${Math.max(data.total, data.done)} done.`
            : `${data.waiting} images that nobody has touched were outlined by another model.`}
        </p>
        <Button
          size="xs"
          variant="default"
          loading={start.isPending || cancel.isPending}
          onClick={() => (underWay ? cancel.mutate() : start.mutate())}
        >
          {underWay ? 'Cancel' : 'Outline them anew'}
        </Button>
      </div>
      {underWay ? (
        <Progress
          mb={12}
          value={(100 * data.done) / Math.max(1, data.total)}
          aria-label="Progress"
        />
      ) : null}
      <FormError error={start.error ?? cancel.error} />
    </>
  );
}
