import { t } from '@lingui/core/macro';
import type { WebhookEvent } from '../../api/webhooks';

/** Events that an address can receive. */
export const EVENTS: { value: WebhookEvent; label: string }[] = [
  { value: 'done', label: t`a model has answered` },
  { value: 'failed', label: t`an upload has failed` },
  { value: 'submitted', label: t`a reader has submitted` },
  { value: 'approved', label: t`a reviewer has approved` },
  { value: 'drift', label: t`a week differs from the weeks before` },
];
