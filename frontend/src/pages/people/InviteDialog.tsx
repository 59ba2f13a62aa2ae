import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Select } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { inviteUser } from '../../api/people';
import type { Role } from '../../api/types';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { site } from '../../language/site';
import type { SetUpLink } from './LinkDialog';
import { PersonFields } from './PersonFields';
import { ProjectSelect } from './ProjectSelect';
import { ROLES } from './roles';

interface Props {
  opened: boolean;
  onClose: () => void;
  onInvited: (link: SetUpLink) => void;
}

export function InviteDialog({ opened, onClose, onInvited }: Props) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('annotator');
  const [project, setProject] = useState<string | null>(null);
  const invite = useMutation({
    mutationFn: () => inviteUser({ name: name.trim(), email: email.trim(), role, project }),
    onSuccess: ({ user, set_up_url, mailed }) => {
      void client.invalidateQueries({ queryKey: ['people'] });
      // Null only for a repeated request, whose link was already shown.
      if (set_up_url) {
        onInvited({ purpose: 'invitation', name: user.name, url: set_up_url, mailed });
      }
    },
  });
  const { reset } = invite;
  useEffect(() => {
    if (!opened) return;
    setName('');
    setEmail('');
    setRole('annotator');
    setProject(null);
    reset();
  }, [opened, reset]);

  return (
    <Modal opened={opened} onClose={onClose} title={t`Invite someone`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        <PersonFields
          name={name}
          email={email}
          emailNote={
            site.mail
              ? t`Used to sign in. The invitation is sent there, and shown to you.`
              : t`Used to sign in. No message is sent; you pass the link on yourself.`
          }
          onName={setName}
          onEmail={setEmail}
        />
        <Select
          label={t`Role`}
          allowDeselect={false}
          data={ROLES}
          value={role}
          onChange={(value) => setRole((value as Role | null) ?? 'annotator')}
        />
        <ProjectSelect value={project} onChange={setProject} />
        <FormError error={invite.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" loading={invite.isPending}>
            <Trans>Create link</Trans>
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
