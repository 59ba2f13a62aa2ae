import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import {
  Button,
  Checkbox,
  Group,
  SegmentedControl,
  Text,
  Textarea,
  TextInput,
} from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../api/problem';
import {
  changeDestination,
  createDestination,
  type Destination,
  fetchDestinations,
  removeDestination,
} from '../../api/results';
import type { Project } from '../../api/types';
import { isSiteAdmin, useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Panel } from '../../components/Panel';
import { RemoveButton } from '../../components/RemoveButton';
import classes from './Connections.module.css';

const key = (id: string) => ['projects', id, 'destinations'] as const;

/** The PACS that receive approved results. Site admins set them; project admins switch them. */
export function Destinations({ project }: { project: Project }) {
  const found = useQuery({
    queryKey: key(project.id),
    queryFn: ({ signal }) => fetchDestinations(project.id, signal),
  });
  const siteAdmin = isSiteAdmin(useUser());
  return (
    <Panel title={t`Results to a PACS`}>
      <Text size="sm" c="dimmed" mb={14}>
        <Trans>
          Segmentation, measurements and overlay of approved images that came as DICOM, in their
          study and under the patient’s name.
        </Trans>
        {siteAdmin ? '' : ` ${t`An admin of the site adds a PACS.`}`}
      </Text>
      {siteAdmin ? <AddDestination project={project} /> : null}
      {found.isPending ? <LoadingRows /> : null}
      {found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : null}
      {found.data?.length ? (
        <DataTable label={t`Destinations`} columns={[t`Name`, t`Where`, t`On approval`, '']}>
          {found.data.map((one) => (
            <Row key={one.id} project={project} destination={one} />
          ))}
        </DataTable>
      ) : null}
    </Panel>
  );
}

type Protocol = 'c-store' | 'stow-rs';
const EMPTY = {
  name: '',
  ae_title: '',
  host: '',
  port: '',
  url: '',
  authorization: '',
  ca_certificate: '',
};

function AddDestination({ project }: { project: Project }) {
  const client = useQueryClient();
  const [protocol, setProtocol] = useState<Protocol>('c-store');
  const [fields, setFields] = useState(EMPTY);
  const [tls, setTls] = useState(false);
  const add = useMutation({
    mutationFn: () =>
      createDestination(project.id, {
        name: fields.name.trim(),
        protocol,
        on_approval: true,
        ca_certificate: fields.ca_certificate.trim() || null,
        ...(protocol === 'c-store'
          ? {
              ae_title: fields.ae_title.trim(),
              host: fields.host.trim(),
              port: Number(fields.port),
              tls,
            }
          : { url: fields.url.trim(), authorization: fields.authorization.trim() || null }),
      }),
    onSuccess: (made) => {
      setFields(EMPTY);
      void client.invalidateQueries({ queryKey: key(project.id) });
      notifications.show({ message: t`Approved results go to ${made.name} from now on.` });
    },
  });
  const field = (name: keyof typeof EMPTY) => ({
    value: fields[name],
    onChange: (event: { currentTarget: { value: string } }) => {
      const { value } = event.currentTarget;
      setFields((before) => ({ ...before, [name]: value }));
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <SegmentedControl
        mb={10}
        aria-label={t`How results travel`}
        data={[
          { value: 'c-store', label: 'C-STORE' },
          { value: 'stow-rs', label: 'STOW-RS' },
        ]}
        value={protocol}
        onChange={(value) => setProtocol(value as Protocol)}
      />
      <div className={classes.add}>
        <TextInput
          label={t`Name`}
          required
          withAsterisk={false}
          maxLength={80}
          {...field('name')}
        />
        {protocol === 'c-store' ? (
          <>
            <TextInput
              w={150}
              label={t`AE title`}
              required
              withAsterisk={false}
              maxLength={16}
              {...field('ae_title')}
            />
            <TextInput label={t`Host`} required withAsterisk={false} {...field('host')} />
            <TextInput
              w={90}
              label={t`Port`}
              required
              withAsterisk={false}
              inputMode="numeric"
              pattern="[0-9]{1,5}"
              {...field('port')}
            />
          </>
        ) : (
          <>
            <TextInput
              w={280}
              label={t`DICOMweb address`}
              type="url"
              placeholder="https://pacs.example.org/dicom-web"
              required
              withAsterisk={false}
              {...field('url')}
            />
            <TextInput
              w={220}
              label={t`Authorization header`}
              type="password"
              autoComplete="off"
              placeholder="Bearer …"
              {...field('authorization')}
            />
          </>
        )}
      </div>
      <Group align="flex-start" mb={14}>
        {protocol === 'c-store' ? (
          <Checkbox
            label={t`Over TLS`}
            checked={tls}
            onChange={(event) => setTls(event.currentTarget.checked)}
          />
        ) : null}
        {protocol === 'stow-rs' || tls ? (
          <Textarea
            label={t`Certificate of its authority`}
            description={t`PEM; needed if the machine does not already know it.`}
            rows={3}
            maxLength={65_536}
            w={420}
            {...field('ca_certificate')}
          />
        ) : null}
      </Group>
      <FormError error={add.error} />
      <Button type="submit" variant="default" mb={14} loading={add.isPending}>
        <Trans>Add</Trans>
      </Button>
    </form>
  );
}

function Row({ project, destination }: { project: Project; destination: Destination }) {
  const client = useQueryClient();
  const after = {
    onSettled: () => client.invalidateQueries({ queryKey: key(project.id) }),
    onError: (error: unknown) => notifications.show({ color: 'red', message: messageOf(error) }),
  };
  const change = useMutation({
    mutationFn: (on: boolean) => changeDestination(project.id, destination.id, { on_approval: on }),
    ...after,
  });
  const remove = useMutation({
    mutationFn: () => removeDestination(project.id, destination.id),
    ...after,
  });
  return (
    <tr>
      <td>
        <Text fw={600} size="sm" c="var(--sl-strong)">
          {destination.name}
        </Text>
      </td>
      <td>
        <Text size="sm">
          {destination.url ??
            t`${destination.ae_title ?? ''} at ${destination.host ?? ''}, port ${destination.port ?? ''}`}
        </Text>
      </td>
      <td>
        <Checkbox
          label={t`Send`}
          aria-label={t`Send what is approved to ${destination.name}`}
          checked={destination.on_approval}
          disabled={change.isPending}
          onChange={(event) => change.mutate(event.currentTarget.checked)}
        />
      </td>
      <td align="right">
        <RemoveButton name={destination.name} loading={remove.isPending} onRemove={remove.mutate} />
      </td>
    </tr>
  );
}
