import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, Group, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../api/problem';
import type { Project } from '../../api/types';
import {
  changeWebhook,
  createWebhook,
  fetchWebhooks,
  type MadeWebhook,
  removeWebhook,
  rotateSecret,
  testWebhook,
  type Webhook,
  type WebhookEvent,
} from '../../api/webhooks';
import { CopyField } from '../../components/CopyField';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Panel } from '../../components/Panel';
import { RemoveButton } from '../../components/RemoveButton';
import { comma } from '../../language/language';
import classes from './Connections.module.css';
import { EVENTS } from './events';
import { WebhookDeliveries } from './WebhookDeliveries';

const key = (id: string) => ['projects', id, 'webhooks'] as const;

/** The addresses that receive the project's events. */
export function Webhooks({ project }: { project: Project }) {
  const [made, setMade] = useState<MadeWebhook | null>(null);
  const [shown, setShown] = useState<string | null>(null);
  const found = useQuery({
    queryKey: key(project.id),
    queryFn: ({ signal }) => fetchWebhooks(project.id, signal),
  });
  return (
    <Panel title={t`Webhooks`}>
      <Text size="sm" c="dimmed" mb={14}>
        <Trans>
          Signed messages to an address, with ids and no patient’s data. Messages that are not
          accepted are resent for nine hours.
        </Trans>
      </Text>
      <AddWebhook project={project} onMade={setMade} />
      {made ? (
        <Group align="flex-end" mb={14}>
          <CopyField label={t`Secret of ${made.url}, shown once`} value={made.secret} />
          <Button variant="default" onClick={() => setMade(null)}>
            <Trans>I have it</Trans>
          </Button>
        </Group>
      ) : null}
      {found.isPending ? <LoadingRows /> : null}
      {found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : null}
      {found.data?.length ? (
        <DataTable label={t`Webhooks`} columns={[t`Address`, t`Notified when`, '']}>
          {found.data.map((one) => (
            <Row
              key={one.id}
              project={project}
              webhook={one}
              shown={shown === one.id}
              onShow={() => setShown(shown === one.id ? null : one.id)}
              onMade={setMade}
            />
          ))}
        </DataTable>
      ) : null}
      {shown && found.data?.some(({ id }) => id === shown) ? (
        <WebhookDeliveries project={project} webhookId={shown} />
      ) : null}
    </Panel>
  );
}

interface Made {
  project: Project;
  onMade: (made: MadeWebhook) => void;
}

function AddWebhook({ project, onMade }: Made) {
  const client = useQueryClient();
  const [url, setUrl] = useState('');
  const [events, setEvents] = useState<WebhookEvent[]>(['done', 'failed', 'approved']);
  const add = useMutation({
    mutationFn: () => createWebhook(project.id, url.trim(), events),
    onSuccess: (made) => {
      setUrl('');
      onMade(made);
      void client.invalidateQueries({ queryKey: key(project.id) });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <div className={classes.add}>
        <TextInput
          label={t`Address`}
          type="url"
          required
          withAsterisk={false}
          maxLength={500}
          placeholder="https://his.example.org/sonoloop"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={add.isPending}
          disabled={events.length === 0}
        >
          <Trans>Add webhook</Trans>
        </Button>
      </div>
      <Checkbox.Group
        label={t`Send a message when`}
        value={events}
        onChange={(value) => setEvents(value as WebhookEvent[])}
        mb={14}
      >
        <Group mt={6} gap="md">
          {EVENTS.map(({ value, label }) => (
            <Checkbox key={value} value={value} label={label} />
          ))}
        </Group>
      </Checkbox.Group>
      <FormError error={add.error} />
    </form>
  );
}

interface RowProps extends Made {
  webhook: Webhook;
  shown: boolean;
  onShow: () => void;
}

function Row({ project, webhook, shown, onShow, onMade }: RowProps) {
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const after = {
    onSettled: () => {
      setSure(false);
      return client.invalidateQueries({ queryKey: key(project.id) });
    },
    onError: (error: unknown) => notifications.show({ color: 'red', message: messageOf(error) }),
  };
  const { id, url, paused } = webhook;
  const pause = useMutation({
    mutationFn: () => changeWebhook(project.id, id, { paused: !paused }),
    ...after,
  });
  const test = useMutation({
    mutationFn: () => testWebhook(project.id, id),
    onSuccess: () => {
      if (!shown) onShow();
    },
    ...after,
  });
  const secret = useMutation({
    mutationFn: () => rotateSecret(project.id, id),
    onSuccess: onMade,
    ...after,
  });
  const remove = useMutation({ mutationFn: () => removeWebhook(project.id, id), ...after });
  const when = EVENTS.filter(({ value }) => webhook.events.includes(value));
  const small = { size: 'compact-sm', variant: 'default' } as const;
  return (
    <tr>
      <td className={classes.address}>{url}</td>
      <td>
        {when.map(({ label }) => label).join(comma())}
        {paused ? (
          <span className={classes.why}>
            <Trans>Paused: no messages are sent, and none are kept for later.</Trans>
          </span>
        ) : null}
      </td>
      <td>
        <div className={classes.actions}>
          <Button
            {...small}
            aria-expanded={shown}
            aria-label={t`Messages to ${url}`}
            onClick={onShow}
          >
            <Trans>Messages</Trans>
          </Button>
          <Button
            {...small}
            disabled={paused}
            loading={test.isPending}
            aria-label={t`Send a test to ${url}`}
            onClick={() => test.mutate()}
          >
            <Trans>Send a test</Trans>
          </Button>
          <Button
            {...small}
            loading={pause.isPending}
            aria-label={paused ? t`Resume ${url}` : t`Pause ${url}`}
            onClick={() => pause.mutate()}
          >
            {paused ? <Trans>Resume</Trans> : <Trans>Pause</Trans>}
          </Button>
          <Button
            {...small}
            loading={secret.isPending}
            aria-label={sure ? t`Replace the secret of ${url} now` : t`New secret for ${url}`}
            onBlur={() => setSure(false)}
            onClick={() => (sure ? secret.mutate() : setSure(true))}
          >
            {sure ? <Trans>Really replace?</Trans> : <Trans>New secret</Trans>}
          </Button>
          <RemoveButton name={url} loading={remove.isPending} onRemove={() => remove.mutate()} />
        </div>
      </td>
    </tr>
  );
}
