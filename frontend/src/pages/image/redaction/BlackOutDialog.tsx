import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { List } from '@mantine/core';
import { ConfirmDialog } from '../../../components/ConfirmDialog';
import type { Redaction } from './useRedaction';

/** The confirmation before pixels are deleted. */
export function BlackOutDialog({ redaction }: { redaction: Redaction }) {
  const { asked, dismiss, apply, sending, error } = redaction;
  const count = asked?.length ?? 0;
  return (
    <ConfirmDialog
      title={plural(count, {
        one: 'Black out this area permanently?',
        other: 'Black out # areas permanently?',
      })}
      keep={t`Keep the pixels`}
      act={t`Black out permanently`}
      running={{ isPending: sending, error }}
      onClose={dismiss}
      onAct={apply}
    >
      <Trans>
        These pixels become black for everybody and nobody can restore them. Outlines that people
        drew stay.
      </Trans>
      <List size="sm" mt="sm" spacing={4}>
        <List.Item>
          <Trans>The image, its thumbnail and every overlay are recreated.</Trans>
        </List.Item>
        <List.Item>
          <Trans>Exports that contain the image as it is now are deleted.</Trans>
        </List.Item>
        <List.Item>
          <Trans>
            Backups, downloaded copies and the same file uploaded by other people are not changed.
          </Trans>
        </List.Item>
      </List>
    </ConfirmDialog>
  );
}
