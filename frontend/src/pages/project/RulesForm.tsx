import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeProject, type ProjectChange } from '../../api/projects';
import type { Project } from '../../api/types';
import { sessionQuery } from '../../app/session';
import { offerUndo } from '../../app/undoToast';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { CASE, MAX_RULE, ruleProblem } from '../../uploads/caseRule';
import classes from './ProjectPage.module.css';

const SITE = 'site';

const draftOf = (project: Project) => ({
  name: project.name,
  purpose: project.purpose,
  share:
    project.double_reading_share === null ? '' : Math.round(project.double_reading_share * 100),
  own: project.self_approval === null ? SITE : project.self_approval ? 'yes' : 'no',
  blind: project.blind_to_model,
  caseRule: project.case_rule ?? '',
});

type Draft = ReturnType<typeof draftOf>;

const changeOf = (draft: Draft): ProjectChange => ({
  name: draft.name.trim(),
  purpose: draft.purpose.trim(),
  double_reading_share: draft.share === '' ? null : Number(draft.share) / 100,
  self_approval: draft.own === SITE ? null : draft.own === 'yes',
  blind_to_model: draft.blind,
  case_rule: draft.caseRule.trim() || null,
});

export function RulesForm({ project }: { project: Project }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(project));
  const put = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const take = (saved: Project) => {
    setDraft(draftOf(saved));
    void client.invalidateQueries({ queryKey: ['projects'] });
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const save = useMutation({
    mutationFn: () => changeProject(project.id, changeOf(draft)),
    onSuccess: (saved) => {
      const before = changeOf(draftOf(project));
      take(saved);
      offerUndo({
        message: t`The rules were saved.`,
        undo: async () => take(await changeProject(project.id, before)),
        undone: t`Undone: the rules are as before`,
      });
    },
  });
  const changed = JSON.stringify(changeOf(draft)) !== JSON.stringify(changeOf(draftOf(project)));
  const ruleIsWrong = ruleProblem(draft.caseRule);
  const share = Math.round(project.in_force.double_reading_share * 100);
  return (
    <Panel title={t`Rules`}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <div className={classes.fields}>
          <TextInput
            label={t`Name`}
            required
            withAsterisk={false}
            maxLength={120}
            value={draft.name}
            onChange={(event) => put({ name: event.currentTarget.value })}
          />
          <TextInput
            label={t`Organ or purpose`}
            maxLength={200}
            value={draft.purpose}
            onChange={(event) => put({ purpose: event.currentTarget.value })}
          />
          <NumberInput
            label={t`Read twice, blind (%)`}
            description={
              draft.share === ''
                ? t`Share of new images. Empty uses the site setting, now ${share} %`
                : t`Share of new images. Empty uses the site setting`
            }
            min={0}
            max={100}
            allowDecimal={false}
            value={draft.share}
            onChange={(value) => put({ share: typeof value === 'number' ? value : '' })}
          />
          <Select
            label={t`Reviewers approve their own work`}
            description={t`For projects that one person reads`}
            allowDeselect={false}
            data={[
              { value: SITE, label: t`Use the site setting` },
              { value: 'yes', label: t`Allowed` },
              { value: 'no', label: t`Not allowed` },
            ]}
            value={draft.own}
            onChange={(value) => put({ own: value ?? SITE })}
          />
          <TextInput
            label={t`Read the case from the file’s name`}
            description={t`For files sent without a case. ${CASE} is the case, * any part, ? one character: ${`US_${CASE}_*`}`}
            maxLength={MAX_RULE}
            autoComplete="off"
            value={draft.caseRule}
            error={ruleIsWrong}
            onChange={(event) => put({ caseRule: event.currentTarget.value })}
          />
          <Switch
            mt={6}
            label={t`Readers do not see the model’s outline`}
            description={t`They start with an empty mask and see it after they submit`}
            checked={draft.blind}
            onChange={(event) => put({ blind: event.currentTarget.checked })}
          />
        </div>
        <FormError error={save.error} />
        <div className={classes.foot}>
          <Button
            type="submit"
            disabled={!changed || !draft.name.trim() || ruleIsWrong !== null}
            loading={save.isPending}
          >
            <Trans>Save</Trans>
          </Button>
          <span role="status" className={classes.saved}>
            {save.isSuccess && !changed ? t`Saved. The rules act on what comes from now on.` : ''}
          </span>
        </div>
      </form>
    </Panel>
  );
}
