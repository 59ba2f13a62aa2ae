import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../api/problem';
import {
  endRetention,
  fetchRetention,
  type RetentionKind,
  type RetentionRule,
  type RetentionRules,
} from '../../api/retention';
import type { Project } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { ExactMoment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { RemoveButton } from '../../components/RemoveButton';
import { comma } from '../../language/language';
import { RetentionDialog } from './RetentionDialog';
import { KINDS, kindText } from './retentionText';

/** The project's retention rules: what is archived or deleted automatically, and when. */
export function RetentionPanel({ project }: { project: Project }) {
  const [open, setOpen] = useState<RetentionKind | null>(null);
  const rules = useQuery({
    queryKey: ['projects', project.id, 'retention'],
    queryFn: ({ signal }) => fetchRetention(project.id, signal),
  });
  const last = rules.data?.last_run;
  const ruleOf = (kind: RetentionKind) => rules.data?.items.find((one) => one.kind === kind);
  return (
    <Panel title={t`Retention`}>
      <Text size="sm" c="dimmed" mb="sm">
        <Trans>
          What is archived or deleted automatically. You see what a rule would affect before you set
          it. Approved images are always kept.
        </Trans>
      </Text>
      {rules.isPending ? <LoadingRows /> : null}
      {rules.isError ? (
        <ErrorState error={rules.error} onRetry={() => void rules.refetch()} />
      ) : null}
      {rules.data ? (
        <DataTable label={t`Retention`} columns={[t`What`, t`Rule`, t`Begins`, '']}>
          {KINDS.map((kind) => (
            <Row
              key={kind}
              project={project}
              kind={kind}
              rules={rules.data}
              rule={ruleOf(kind)}
              onChange={() => setOpen(kind)}
            />
          ))}
        </DataTable>
      ) : null}
      {last ? (
        <Text size="sm" c="dimmed" mt="sm">
          <Trans>
            Last applied <ExactMoment at={last.at} />:
          </Trans>{' '}
          {KINDS.flatMap((kind) => {
            const count = last.counts[kind];
            return count ? [`${kindText(kind)} ${count}`] : [];
          }).join(comma())}
        </Text>
      ) : null}
      {open ? (
        <RetentionDialog
          project={project}
          kind={open}
          rule={ruleOf(open)}
          onClose={() => setOpen(null)}
        />
      ) : null}
    </Panel>
  );
}

interface RowProps {
  project: Project;
  kind: RetentionKind;
  rules: RetentionRules;
  rule: RetentionRule | undefined;
  onChange: () => void;
}

function Row({ project, kind, rules, rule, onChange }: RowProps) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => endRetention(project.id, kind),
    onSuccess: () => notifications.show({ message: t`The rule has ended.` }),
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
    onSettled: () => client.invalidateQueries({ queryKey: ['projects', project.id, 'retention'] }),
  });
  const name = kindText(kind);
  return (
    <tr>
      <td>
        <Text fw={600} size="sm" c="var(--sl-strong)">
          {name}
        </Text>
      </td>
      <td>{ruleText(kind, rule, rules.deleted_images_days)}</td>
      <td>{rule ? <ExactMoment at={rule.begins_at} /> : '–'}</td>
      <td align="right">
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button
            size="compact-sm"
            variant="default"
            aria-label={rule ? t`Change the rule for: ${name}` : t`Set a rule for: ${name}`}
            onClick={onChange}
          >
            {rule ? t`Change…` : t`Set…`}
          </Button>
          {rule ? <RemoveButton name={name} loading={end.isPending} onRemove={end.mutate} /> : null}
        </Group>
      </td>
    </tr>
  );
}

function ruleText(kind: RetentionKind, rule: RetentionRule | undefined, site: number): string {
  if (!rule) {
    return kind === 'deleted-images'
      ? plural(site, {
          one: 'Site setting: erased after # day',
          other: 'Site setting: erased after # days',
        })
      : t`Kept without a limit`;
  }
  if (rule.action === 'archive') {
    return plural(rule.days, { one: 'Archived after # day', other: 'Archived after # days' });
  }
  return plural(rule.days, { one: 'Deleted after # day', other: 'Deleted after # days' });
}
