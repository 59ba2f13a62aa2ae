import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { revokeKey, sendBundle, trustKey } from '../../api/bundles';
import type { Bundle } from '../../api/types';
import { CopyField } from '../../components/CopyField';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { ZipButton } from '../../components/ZipButton';
import { bundleText, claimsOf, licenceOf } from './bundle';
import { JobItem } from './JobItem';
import classes from './ModelsPage.module.css';
import { bundleKeysQuery, bundlesQuery } from './modelsQueries';

const distrust = (name: string) => t`Stop trusting: ${name}`;

/** Signed bundles between hospitals: keys, sending, and received bundles. For site admins. */
export function BundlesPanel() {
  const client = useQueryClient();
  const bundles = useQuery(bundlesQuery);
  const [model, setModel] = useState('');
  const send = useMutation({
    mutationFn: (file: File) => sendBundle(file, model.trim()),
    onSuccess: () => setModel(''),
    onSettled: () => void client.invalidateQueries({ queryKey: bundlesQuery.queryKey }),
  });
  const ended = bundles.data?.filter((one) => one.state === 'done').length;
  useEffect(() => {
    if (ended) void client.invalidateQueries({ queryKey: ['models'] });
  }, [ended, client]);
  return (
    <Panel title={t`Other hospitals`}>
      <p>
        <Trans>
          A version is sent as a signed bundle of its weights and the rows of its evaluation,
          without any images; a pool is sent as a bundle of its PNG export. A received model is
          verified like any other and becomes a candidate. A received pool becomes an import of this
          project: create a separate project for it, and freeze that as a reference set.
        </Trans>
      </p>
      <Keys />
      <div className={classes.naming}>
        <TextInput
          label={t`Name of the model here`}
          description={t`Only if its own name is already used`}
          maxLength={64}
          value={model}
          onChange={(event) => setModel(event.currentTarget.value)}
        />
        <ZipButton loading={send.isPending} onFile={(file) => send.mutate(file)}>
          <Trans>Choose a bundle</Trans>
        </ZipButton>
      </div>
      <FormError error={send.error} />
      {bundles.isError && !bundles.data ? (
        <ErrorState error={bundles.error} onRetry={() => void bundles.refetch()} />
      ) : null}
      {bundles.data?.length ? (
        <ul className={classes.jobs} aria-label={t`Received bundles`}>
          {bundles.data.map((one) => (
            <Received key={one.id} bundle={one} />
          ))}
        </ul>
      ) : null}
    </Panel>
  );
}

function Keys() {
  const client = useQueryClient();
  const keys = useQuery(bundleKeysQuery);
  const [key, setKey] = useState('');
  const [name, setName] = useState('');
  const again = () => void client.invalidateQueries({ queryKey: bundleKeysQuery.queryKey });
  const trust = useMutation({
    mutationFn: () => trustKey(key.trim(), name.trim()),
    onSuccess: () => {
      setKey('');
      setName('');
      again();
    },
  });
  const revoke = useMutation({ mutationFn: revokeKey, onSettled: again });
  if (keys.isPending) return <LoadingRows rows={1} />;
  if (!keys.data) return <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />;
  const { items, own } = keys.data;
  return (
    <>
      <CopyField label={t`Key of this site`} value={own} />
      {items.length > 0 ? (
        <DataTable label={t`Trusted sites`} columns={[t`Site`, t`Key`, t`Since`, '']}>
          {items.map((one) => (
            <tr key={one.id}>
              <td>{one.name}</td>
              <td>
                <code>{one.key}</code>
              </td>
              <td>
                <Moment at={one.created_at} />
              </td>
              <td>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={distrust(one.name)}
                  onClick={() => revoke.mutate(one.id)}
                >
                  <Trans>Stop trusting</Trans>
                </Button>
              </td>
            </tr>
          ))}
        </DataTable>
      ) : null}
      <form
        className={classes.naming}
        onSubmit={(event) => {
          event.preventDefault();
          if (key.trim() && name.trim()) trust.mutate();
        }}
      >
        <TextInput
          label={t`Key of the other site`}
          placeholder="ed25519:…"
          maxLength={100}
          value={key}
          onChange={(event) => setKey(event.currentTarget.value)}
        />
        <TextInput
          label={t`Its name`}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={trust.isPending}
          disabled={!key.trim() || !name.trim()}
        >
          <Trans>Trust this site</Trans>
        </Button>
      </form>
      <FormError error={trust.error ?? revoke.error} />
    </>
  );
}

function Received({ bundle }: { bundle: Bundle }) {
  const licence = licenceOf(bundle);
  const claims = claimsOf(bundle);
  return (
    <JobItem job={bundle}>
      {bundleText(bundle)}
      {licence ? ` ${t`Licence: ${licence}.`}` : null}
      {claims ? ` ${claims}` : null}
    </JobItem>
  );
}
