import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Text } from '@mantine/core';
import { CopyField } from '../../components/CopyField';
import { site } from '../../language/site';

export interface SetUpLink {
  purpose: 'invitation' | 'reset';
  name: string;
  url: string;
  /** The link was also sent to the person by email. */
  mailed: boolean;
}

/** The link grants access: it is shown once and never stored here. */
export function LinkDialog({ link, onClose }: { link: SetUpLink | null; onClose: () => void }) {
  return (
    <Modal
      opened={link !== null}
      onClose={onClose}
      closeOnClickOutside={false}
      title={
        link?.purpose === 'reset'
          ? t`New password for ${link.name}`
          : t`Link for ${link?.name ?? ''}`
      }
    >
      {link ? (
        <>
          <Text size="sm">
            {link.mailed ? (
              <Trans>
                {link.name} gets this link by email. You can also pass it on yourself, through a
                channel that you trust. It works once and is not shown again.
              </Trans>
            ) : (
              <Trans>
                Give this link to {link.name} through a channel that you trust. It works once and is
                not shown again.
              </Trans>
            )}
            {site.mail && !link.mailed ? ` ${t`The email could not be sent.`}` : ''}
            {link.purpose === 'reset'
              ? ` ${t`Once it is used, their other browsers are signed out and their API tokens end.`}`
              : ''}
          </Text>
          <CopyField label={t`One-time link`} value={link.url} />
        </>
      ) : null}
      <Group justify="flex-end">
        <Button onClick={onClose}>
          <Trans>Done</Trans>
        </Button>
      </Group>
    </Modal>
  );
}
