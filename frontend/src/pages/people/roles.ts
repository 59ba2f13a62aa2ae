import { t } from '@lingui/core/macro';
import type { Role } from '../../api/types';

export const ROLES: { value: Role; label: string }[] = [
  { value: 'annotator', label: t`Annotator` },
  { value: 'reviewer', label: t`Reviewer` },
  { value: 'admin', label: t`Administrator` },
];
