import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { UnstyledButton } from '@mantine/core';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { enterProject } from '../api/project';
import { ROLE_TEXT } from '../app/roleText';
import { projectOf, useUser } from '../app/session';
import { LateMenu } from '../components/LateMenu';
import classes from './ProjectSwitch.module.css';

/** Shows the current project and switches to another; nothing for people with only one. */
export function ProjectSwitch() {
  const user = useUser();
  const navigate = useNavigate();
  const here = projectOf(user);
  if (!user || !here || user.projects.length < 2) return null;
  const go = (id: string) => {
    if (id === here.id) return;
    enterProject(user, id);
    void navigate({ to: '/ui/worklist', search: {} });
  };
  return (
    <LateMenu
      position="right-start"
      width={260}
      target={
        <UnstyledButton
          className={classes.button}
          aria-label={t`Project: ${here.name}. Change`}
          title={here.name}
        >
          <span className={classes.name}>{here.name}</span>
          <IconChevronDown size={12} stroke={2} aria-hidden />
        </UnstyledButton>
      }
    >
      {(Menu) => (
        <>
          <Menu.Label>
            <Trans>Project</Trans>
          </Menu.Label>
          {user.projects.map((project) => (
            <Menu.Item
              key={project.id}
              aria-current={project.id === here.id ? 'true' : undefined}
              rightSection={
                project.id === here.id ? <IconCheck size={16} stroke={1.8} aria-hidden /> : null
              }
              onClick={() => go(project.id)}
            >
              <span className={classes.item}>{project.name}</span>
              <span className={classes.role}>{ROLE_TEXT[project.role]}</span>
            </Menu.Item>
          ))}
        </>
      )}
    </LateMenu>
  );
}
