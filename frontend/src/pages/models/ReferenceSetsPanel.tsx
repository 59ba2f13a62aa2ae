import { Button, Select, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { nameReferenceSet, retireReferenceSet } from '../../api/evaluations';
import { useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import classes from './ModelsPage.module.css';
import { referenceSetsQuery } from './modelsQuery';

/** Images of other projects on which no version may be worse; for site admins. */
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
    <Panel title="Reference sets">
      <p>
        A version must not be worse on these than the one that serves. Without one nobody knows what
        a version lost elsewhere, and the gate stays shut. The part of the project that trains is
        left out. Images can come in by an import.
      </p>
      {rows.length > 0 ? (
        <DataTable
          label="Reference sets"
          columns={['Name', 'Project', 'Images', 'Patients', 'Without lesion', 'Frozen', '']}
        >
          {rows.map((row) => (
            <tr key={row.id}>
              <td>{row.name}</td>
              <td>{row.project}</td>
              <td>{row.images}</td>
              <td>{row.patients}</td>
              <td>{row.lesion_free}</td>
              <td>
                <Moment at={row.created_at} />
              </td>
              <td>
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Leave out ${row.name}`}
                  onClick={() => retire.mutate(row.id)}
                >
                  Leave out
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
          label="Pool of the project"
          data={(user?.projects ?? []).map((one) => ({ value: one.id, label: one.name }))}
          value={project}
          onChange={setProject}
        />
        <TextInput
          label="Name of the set"
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
          Freeze it
        </Button>
      </form>
      <FormError error={add.error ?? retire.error} />
    </Panel>
  );
}
