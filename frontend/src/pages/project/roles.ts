import { t } from '@lingui/core/macro';
import type { Role } from '../../api/types';

/** Roles of a person or a group in a project. */
export const ROLES: { value: Role; label: string }[] = [
  { value: 'annotator', label: t`Annotator` },
  { value: 'reviewer', label: t`Reviewer` },
  { value: 'admin', label: t`Project admin` },
];

export const roleName = (role: Role): string =>
  ROLES.find(({ value }) => value === role)?.label ?? role;
