import { t } from '@lingui/core/macro';
import type { Role } from '../api/types';

/** The name of a role in a project. */
export const ROLE_TEXT: Record<Role, string> = {
  annotator: t`Annotator`,
  reviewer: t`Reviewer`,
  admin: t`Admin`,
};
