import type { Role } from '../../api/types';

export const ROLES: { value: Role; label: string }[] = [
  { value: 'annotator', label: 'Annotator' },
  { value: 'reviewer', label: 'Reviewer' },
  { value: 'admin', label: 'Administrator' },
];
