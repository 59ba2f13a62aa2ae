import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Badge, Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../api/problem';
import { fetchTokens, revokeToken } from '../../api/tokens';
import type { Token } from '../../api/types';
import { isAdmin, useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { CreateTokenDialog } from './CreateTokenDialog';

export function TokensPage() {
  const admin = isAdmin(useUser());
  const tokens = useQuery({
    queryKey: ['tokens'],
    queryFn: async ({ signal }) => (await fetchTokens(signal)).items,
  });
  const [creating, setCreating] = useState(false);
  const columns = [t`Name`, t`Scope`, ...(admin ? [t`Owner`] : []), t`Last used`, t`Ends`, ''];
  return (
    <Page>
      <PageHeader
        title={t`API tokens`}
        actions={
          <Button leftSection={<IconPlus size={16} stroke={2} />} onClick={() => setCreating(true)}>
            <Trans>New token</Trans>
          </Button>
        }
      >
        <Trans>For scripts and PACS gateways. A token acts as its owner, within its scope.</Trans>
      </PageHeader>
      {tokens.isPending ? <LoadingRows /> : null}
      {tokens.isError ? (
        <ErrorState error={tokens.error} onRetry={() => void tokens.refetch()} />
      ) : null}
      {tokens.data?.length === 0 ? (
        <EmptyState icon={<IconKey size={36} stroke={1.3} />} title={t`No tokens yet`}>
          <p>
            <Trans>With a token, one curl line sends an image and gets its mask back.</Trans>
          </p>
        </EmptyState>
      ) : null}
      {tokens.data && tokens.data.length > 0 ? (
        <DataTable label={t`API tokens`} columns={columns}>
          {tokens.data.map((token) => (
            <TokenRow key={token.id} token={token} admin={admin} />
          ))}
        </DataTable>
      ) : null}
      <CreateTokenDialog opened={creating} onClose={() => setCreating(false)} admin={admin} />
    </Page>
  );
}

function TokenRow({ token, admin }: { token: Token; admin: boolean }) {
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const revoke = useMutation({
    mutationFn: () => revokeToken(token.id),
    onSettled: () => client.invalidateQueries({ queryKey: ['tokens'] }),
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
  });
  const user = useUser();
  const project = user?.projects.find(({ id }) => id === token.project)?.name;
  const over = token.revoked_at !== null;
  return (
    <tr data-muted={over}>
      <td>
        <Text fw={600} size="sm" c={over ? undefined : 'var(--sl-strong)'}>
          {token.name}
        </Text>
        <Text size="xs" c="dimmed">
          <Trans>
            created <Moment at={token.created_at} />
          </Trans>
        </Text>
      </td>
      <td>
        {token.scopes.map((scope) => (
          <Badge key={scope} variant="default" tt="none" fw={500} mr={4} radius="sm">
            {scope}
          </Badge>
        ))}
        {project ? (
          <Text size="xs" c="dimmed">
            <Trans>in {project} alone</Trans>
          </Text>
        ) : null}
      </td>
      {admin ? <td>{token.owner.name}</td> : null}
      <td>{token.last_used_at ? <Moment at={token.last_used_at} /> : t`never`}</td>
      <td>
        {over ? (
          <Trans>
            revoked <Moment at={token.revoked_at} />
          </Trans>
        ) : token.expires_at ? (
          <Moment at={token.expires_at} />
        ) : (
          t`does not expire`
        )}
      </td>
      <td align="right">
        {over ? null : (
          <Button
            size="compact-sm"
            variant={sure ? 'filled' : 'default'}
            color={sure ? 'red' : undefined}
            loading={revoke.isPending}
            aria-label={sure ? t`Revoke ${token.name} now` : t`Revoke ${token.name}`}
            onBlur={() => setSure(false)}
            onClick={() => (sure ? revoke.mutate() : setSure(true))}
          >
            {sure ? t`Really revoke?` : t`Revoke`}
          </Button>
        )}
      </td>
    </tr>
  );
}
