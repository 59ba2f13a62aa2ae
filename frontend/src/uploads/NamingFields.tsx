import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { currentProject } from '../api/project';
import { projectsQuery } from '../api/projectsQuery';
import { CASE, caseOf, MAX_RULE, ruleProblem } from './caseRule';
import classes from './NamingFields.module.css';
import { naming, setRule } from './naming';

/** The server does not know folders. */
const nameIn = (path: string): string => path.split('/').at(-1) ?? path;

/** The naming of the next files, with a preview for the path of the last one. */
export function NamingFields({ example }: { example: string | null }) {
  const names = useSyncExternalStore(naming.subscribe, naming.get);
  const problem = ruleProblem(names.rule);
  const ofProject = useProjectRule();
  const read = example ? (caseOf(names.rule, example) ?? caseOf(ofProject, nameIn(example))) : null;
  const rule = names.rule.trim() || ofProject;
  return (
    <div className={classes.root}>
      <TextInput
        size="xs"
        label={t`Case of the next files`}
        description={t`Stored encrypted. Images with the same case belong to one patient.`}
        autoComplete="off"
        maxLength={200}
        value={names.case}
        onChange={(event) => naming.set({ case: event.currentTarget.value })}
      />
      <TextInput
        size="xs"
        label={t`Or read it from the name of the file or folder`}
        description={
          ofProject
            ? t`Names that it does not match are read by the project’s rule`
            : t`${CASE} is the case, * any part, ? one character: ${`US_${CASE}_*`}. With its folder: ${`${CASE}/*`}`
        }
        placeholder={ofProject}
        autoComplete="off"
        maxLength={MAX_RULE}
        disabled={names.case.trim() !== ''}
        value={names.rule}
        error={problem}
        onChange={(event) => setRule(event.currentTarget.value)}
      />
      {example && rule && !problem && !names.case.trim() ? (
        <p className={classes.preview} role="status">
          {read ? (
            <Trans>
              {example} is of case <b>{read}</b>
            </Trans>
          ) : (
            t`The rule does not match ${example}: its patient would be unknown`
          )}
        </p>
      ) : null}
    </div>
  );
}

/** The server's naming rule if this page sends no case; empty if there is none. */
function useProjectRule(): string {
  const projects = useQuery(projectsQuery).data ?? [];
  const here = projects.find(({ id }) => id === currentProject()) ?? projects[0];
  return here?.case_rule ?? '';
}
