import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Box, Button } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Groups } from './Groups';
import { InviteDialog } from './InviteDialog';
import { LinkDialog, type SetUpLink } from './LinkDialog';
import { PersonRow } from './PersonRow';
import { peopleQuery } from './peopleQuery';
import { ServiceAccounts } from './ServiceAccounts';

export function PeoplePage() {
  const people = useQuery(peopleQuery);
  const [inviting, setInviting] = useState(false);
  const [link, setLink] = useState<SetUpLink | null>(null);
  return (
    <Page>
      <PageHeader
        title={t`People`}
        actions={
          <Button
            leftSection={<IconUserPlus size={16} stroke={1.8} />}
            onClick={() => setInviting(true)}
          >
            <Trans>Invite</Trans>
          </Button>
        }
      >
        <Trans>
          Annotators see their own images, reviewers see all, administrators also manage people and
          models.
        </Trans>
      </PageHeader>
      {people.isPending ? <LoadingRows /> : null}
      {people.isError ? (
        <ErrorState error={people.error} onRetry={() => void people.refetch()} />
      ) : null}
      {people.data ? (
        <DataTable label={t`People`} columns={[t`Name`, t`Role`, t`State`, t`Last seen`, '']}>
          {people.data
            .filter(({ service }) => !service)
            .map((person) => (
              <PersonRow key={person.id} person={person} onLink={setLink} />
            ))}
        </DataTable>
      ) : null}
      {people.data ? (
        <Box mt={20}>
          <Groups people={people.data.filter(({ service }) => !service)} />
        </Box>
      ) : null}
      {people.data ? (
        <Box mt={20}>
          <ServiceAccounts accounts={people.data.filter(({ service }) => service)} />
        </Box>
      ) : null}
      <InviteDialog
        opened={inviting}
        onClose={() => setInviting(false)}
        onInvited={(next) => {
          setInviting(false);
          setLink(next);
        }}
      />
      <LinkDialog link={link} onClose={() => setLink(null)} />
    </Page>
  );
}
