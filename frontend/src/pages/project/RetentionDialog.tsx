import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, NumberInput, Select, Switch, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import {
  previewRetention,
  putRetention,
  type RetentionKind,
  type RetentionPreview,
  type RetentionRule,
  type RetentionTerms,
} from '../../api/retention';
import type { Project } from '../../api/types';
import { sizeText } from '../../app/poolText';
import { Dialog } from '../../components/Dialog';
import { ErrorState } from '../../components/ErrorState';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { ExactMoment } from '../../components/Moment';
import classes from './RetentionDialog.module.css';
import { countedText, IMAGES, kindText } from './retentionText';

const FEWEST_JOB_DAYS = 7;

interface Props {
  project: Project;
  kind: RetentionKind;
  rule: RetentionRule | undefined;
  onClose: () => void;
}

/** Sets a rule, after showing what it would affect. */
export function RetentionDialog({ project, kind, rule, onClose }: Props) {
  const client = useQueryClient();
  const [terms, setTerms] = useState<RetentionTerms>({
    action: rule?.action ?? 'delete',
    days: rule?.days ?? 365,
    keep_pool: rule?.keep_pool ?? true,
    notice_days: 7,
  });
  const put = (change: Partial<RetentionTerms>) => setTerms((before) => ({ ...before, ...change }));
  const [asked] = useDebouncedValue(terms, 300);
  const preview = useQuery({
    queryKey: ['projects', project.id, 'retention', 'preview', kind, asked],
    queryFn: ({ signal }) => previewRetention(project.id, kind, asked, signal),
    placeholderData: keepPreviousData,
  });
  const current = asked === terms && preview.isSuccess && !preview.isPlaceholderData;
  const save = useMutation({
    mutationFn: () => putRetention(project.id, kind, terms),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['projects', project.id, 'retention'] });
      onClose();
    },
  });
  const images = IMAGES.includes(kind);
  return (
    <Dialog onClose={onClose} title={kindText(kind)} size="lg">
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className={classes.fields}>
          {images ? (
            <Select
              label={t`What happens`}
              description={
                terms.action === 'archive'
                  ? t`They are removed from the lists but stay stored`
                  : t`They can be brought back for a while`
              }
              allowDeselect={false}
              data={[
                { value: 'delete', label: t`Delete` },
                { value: 'archive', label: t`Archive` },
              ]}
              value={terms.action}
              onChange={(value) => put({ action: value === 'archive' ? 'archive' : 'delete' })}
            />
          ) : null}
          <NumberInput
            label={t`After (days)`}
            description={countedText(kind)}
            required
            withAsterisk={false}
            allowDecimal={false}
            min={kind === 'jobs' ? FEWEST_JOB_DAYS : 1}
            max={36_500}
            clampBehavior="blur"
            value={terms.days}
            onChange={(value) => put({ days: Number(value) || 0 })}
          />
          <NumberInput
            label={t`Notice (days)`}
            description={t`The rule begins this many days after it is set or made stricter`}
            required
            withAsterisk={false}
            allowDecimal={false}
            min={1}
            max={365}
            clampBehavior="blur"
            value={terms.notice_days}
            onChange={(value) => put({ notice_days: Number(value) || 0 })}
          />
        </div>
        {images ? (
          <Switch
            label={t`Keep everything that was ever in the training pool`}
            checked={terms.keep_pool}
            onChange={(event) => put({ keep_pool: event.currentTarget.checked })}
          />
        ) : null}
        <section className={classes.preview} aria-label={t`Preview`} aria-busy={!current}>
          {preview.isError ? (
            <ErrorState error={preview.error} onRetry={() => void preview.refetch()} />
          ) : null}
          {preview.data && !preview.isError ? <Reached kind={kind} found={preview.data} /> : null}
        </section>
        <FormError error={save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button
            type="submit"
            color={terms.action === 'delete' ? 'red' : undefined}
            disabled={!current}
            loading={save.isPending}
          >
            <Trans>Set the rule</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}

function Reached({ kind, found }: { kind: RetentionKind; found: RetentionPreview }) {
  const more = found.count - found.items.length;
  const linked = IMAGES.includes(kind);
  return (
    <>
      <Text size="sm" fw={600}>
        {plural(found.count, {
          one: 'The rule would affect # item when it begins',
          other: 'The rule would affect # items when it begins',
        })}
        {found.bytes > 0 ? ` (${sizeText(found.bytes)})` : ''}
      </Text>
      <Text size="xs" c="dimmed">
        <Trans>
          Begins <ExactMoment at={found.begins_at} />. Items that somebody works on before then are
          not affected.
        </Trans>
      </Text>
      {found.items.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be focusable by keyboard
        <ul className={classes.items} tabIndex={0}>
          {found.items.map((one) => (
            <li key={one.id}>
              {linked ? (
                <Link to="/ui/images/$imageId" params={{ imageId: one.id }} target="_blank">
                  {one.id.slice(-12)}
                </Link>
              ) : (
                <span>{one.id.slice(-12)}</span>
              )}
              <ExactMoment at={one.created_at} />
              <span>{one.bytes === null ? '' : sizeText(one.bytes)}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {more > 0 ? (
        <Text size="xs" c="dimmed">
          {plural(more, { one: 'and # more', other: 'and # more' })}
        </Text>
      ) : null}
    </>
  );
}
