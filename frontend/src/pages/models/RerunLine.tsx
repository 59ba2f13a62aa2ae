import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { cancelRerun, fetchRerun, startRerun } from '../../api/models';
import { FormError } from '../../components/FormError';
import { counted } from './figures';
import classes from './ModelsPage.module.css';

const rerunQuery = queryOptions({
  queryKey: ['deployments', 'rerun'],
  queryFn: ({ signal }) => fetchRerun(signal),
  refetchInterval: (query) =>
    query.state.data?.state === 'queued' || query.state.data?.state === 'running' ? 2_000 : false,
});

/** Outlines that another model made and nobody has changed; for project admins. */
export function RerunLine() {
  const client = useQueryClient();
  const { data } = useQuery(rerunQuery);
  const put = { onSuccess: () => void client.invalidateQueries({ queryKey: rerunQuery.queryKey }) };
  const start = useMutation({ mutationFn: startRerun, ...put });
  const cancel = useMutation({ mutationFn: cancelRerun, ...put });
  if (!data) return null;
  const underWay = data.state === 'queued' || data.state === 'running';
  if (!underWay && data.waiting === 0) return null;
  const { waiting } = data;
  const done = counted(data.done);
  const total = counted(Math.max(data.total, data.done));
  return (
    <>
      <div className={classes.now}>
        <p role="status">
          {underWay ? (
            <Trans>
              Outlining images again: {done} of {total} done.
            </Trans>
          ) : (
            <Plural
              value={waiting}
              one="# image that nobody has corrected was outlined by another model."
              other="# images that nobody has corrected were outlined by another model."
            />
          )}
        </p>
        <Button
          size="xs"
          variant="default"
          loading={start.isPending || cancel.isPending}
          onClick={() => (underWay ? cancel.mutate() : start.mutate())}
        >
          {underWay ? t`Cancel` : t`Outline again`}
        </Button>
      </div>
      {underWay ? (
        <Progress
          mb={12}
          value={(100 * data.done) / Math.max(1, data.total)}
          aria-label={t`Progress`}
        />
      ) : null}
      <FormError error={start.error ?? cancel.error} />
    </>
  );
}
