import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { TextInput } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { CASE, caseOf, MAX_RULE, ruleProblem } from './caseRule';
import classes from './NamingFields.module.css';
import { naming, setRule } from './naming';

/** What the next files are called; with a preview on the name of the last one. */
export function NamingFields({ example }: { example: string | null }) {
  const names = useSyncExternalStore(naming.subscribe, naming.get);
  const problem = ruleProblem(names.rule);
  const read = example ? caseOf(names.rule, example) : null;
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
        label={t`Or read it from the file’s name`}
        description={t`${CASE} is the case, * any part, ? one character: ${`US_${CASE}_*`}`}
        autoComplete="off"
        maxLength={MAX_RULE}
        disabled={names.case.trim() !== ''}
        value={names.rule}
        error={problem}
        onChange={(event) => setRule(event.currentTarget.value)}
      />
      {example && names.rule.trim() && !problem && !names.case.trim() ? (
        <p className={classes.preview} role="status">
          {read ? (
            <Trans>
              {example} is of case <b>{read}</b>
            </Trans>
          ) : (
            t`The rule does not fit ${example}: its patient would be unknown`
          )}
        </p>
      ) : null}
    </div>
  );
}
