import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { nameReferenceSet, retireReferenceSet } from '../../api/evaluations';
import { useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { counted } from './figures';
import classes from './ModelsPage.module.css';
import { referenceSetsQuery } from './modelsQueries';

const stopUsing = (name: string) => t`Stop using ${name}`;

/** Images of other projects on which no version may be worse. For site admins. */
export function ReferenceSetsPanel() {
  const client = useQueryClient();
  const user = useUser();
  const sets = useQuery(referenceSetsQuery);
  const [project, setProject] = useState<string | null>(null);
  const [name, setName] = useState('');
  const again = () => void client.invalidateQueries({ queryKey: referenceSetsQuery.queryKey });
  const add = useMutation({
    mutationFn: () => nameReferenceSet(project ?? '', name.trim()),
    onSuccess: () => {
      setName('');
      again();
    },
  });
  const retire = useMutation({ mutationFn: retireReferenceSet, onSettled: again });
  const rows = sets.data ?? [];
  return (
    <Panel title={t`Reference sets`}>
      <p>
        <Trans>
          A new version must not do worse on these than the one in use. Without a reference set it
          is unknown what a version has lost elsewhere, and the gate stays closed. Images of the
          project’s training part are left out. Images can also be added by an import.
        </Trans>
      </p>
      {rows.length > 0 ? (
        <DataTable
          label={t`Reference sets`}
          columns={[t`Name`, t`Project`, t`Images`, t`Patients`, t`Without lesion`, t`Frozen`, '']}
        >
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{row.name}</td>
              <td>{row.project}</td>
              <td>{counted(row.images)}</td>
              <td>{counted(row.patients)}</td>
              <td>{counted(row.lesion_free)}</td>
              <td>
                <Moment at={row.created_at} />
              </td>
              <td>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={stopUsing(row.name)}
                  onClick={() => retire.mutate(row.id)}
                >
                  <Trans>Stop using</Trans>
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
          if (project && name.trim()) add.mutate();
        }}
      >
        <Select
          label={t`Pool of the project`}
          data={(user?.projects ?? []).map((one) => ({ value: one.id, label: one.name }))}
          value={project}
          onChange={setProject}
        />
        <TextInput
          label={t`Name of the set`}
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={add.isPending}
          disabled={!project || !name.trim()}
        >
          <Trans>Freeze the set</Trans>
        </Button>
      </form>
      <FormError error={add.error ?? retire.error} />
    </Panel>
  );
}
