import { plural, t } from '@lingui/core/macro';
import { Alert, Button, Progress } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { sentenceOf } from '../../api/problem';
import { cancelTextSearch, fetchTextSearch, startTextSearch } from '../../api/textSearch';
import type { TextSearch } from '../../api/workflowTypes';
import { FormError } from '../../components/FormError';
import { currentLanguage } from '../../language/language';
import classes from './TextSearchPanel.module.css';

const KEY = ['text-search'] as const;
const POLL_MS = 1500;

const isRunning = (search: TextSearch | undefined): boolean =>
  search?.job?.state === 'queued' || search?.job?.state === 'running';

const images = (count: number): string =>
  `${count.toLocaleString(currentLanguage())} ${plural(count, { one: 'image', other: 'images' })}`;

/** Offers to search images stored before text detection existed; nothing if there are none. */
export function TextSearchPanel() {
  const client = useQueryClient();
  const search = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => fetchTextSearch(signal),
    refetchInterval: (query) => (isRunning(query.state.data) ? POLL_MS : false),
  });
  const act = useMutation({
    mutationFn: (what: 'start' | 'cancel') =>
      what === 'start' ? startTextSearch() : cancelTextSearch(),
    onSuccess: (found) => client.setQueryData(KEY, found),
    onError: () => void client.invalidateQueries({ queryKey: KEY }),
  });
  const running = isRunning(search.data);
  const unsearched = search.data?.unsearched ?? 0;
  useEffect(() => {
    // The content of an export depends on this.
    if (!running && unsearched >= 0)
      void client.invalidateQueries({ queryKey: ['export-preview'] });
  }, [client, running, unsearched]);
  if (!search.data || (unsearched === 0 && !running)) return null;
  const { counts, job } = search.data;
  const share = counts.total > 0 ? (100 * counts.searched) / counts.total : 0;
  return (
    <Alert
      color={running ? 'blue' : 'yellow'}
      mb="lg"
      title={
        running
          ? t`Searching stored images for text`
          : t`${images(unsearched)} not searched for text`
      }
    >
      <p className={classes.text}>
        {running
          ? t`${counts.searched.toLocaleString(currentLanguage())} of ${images(counts.total || unsearched)} searched, text suspected in ${counts.marked.toLocaleString(currentLanguage())}. You can go on working.`
          : t`They were stored by an earlier version, which did not search for text. Exports wait until they are searched.`}{' '}
        <Link to="/ui/worklist" search={{ text: running ? 'suspected' : 'unknown' }}>
          {running ? t`See what was found` : t`Look at them`}
        </Link>
      </p>
      {running ? (
        <Progress value={share} aria-label={t`Progress of the search for text`} animated mt="xs" />
      ) : null}
      {!running && job?.state === 'failed' ? (
        <p className={classes.text}>
          {job.problem ? sentenceOf(job.problem) : t`The last search did not finish.`}
        </p>
      ) : null}
      <FormError error={act.error} />
      <Button
        mt="sm"
        size="compact-sm"
        variant={running ? 'default' : 'filled'}
        loading={act.isPending}
        onClick={() => act.mutate(running ? 'cancel' : 'start')}
      >
        {running ? t`Stop` : t`Search them`}
      </Button>
    </Alert>
  );
}
