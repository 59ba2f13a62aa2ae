import { t } from '@lingui/core/macro';
import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { projectsQuery } from '../../api/projectsQuery';

interface Props {
  value: string | null;
  onChange: (id: string | null) => void;
}

/** The project that somebody joins; hidden if there is only one. */
export function ProjectSelect({ value, onChange }: Props) {
  const projects = useQuery(projectsQuery).data ?? [];
  if (projects.length < 2) return null;
  const oldest = [...projects].sort((a, b) => (a.id < b.id ? -1 : 1))[0];
  return (
    <Select
      label={t`Project`}
      allowDeselect={false}
      data={projects.map(({ id, name }) => ({ value: id, label: name }))}
      value={value ?? oldest?.id ?? null}
      onChange={onChange}
    />
  );
}
