import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeProject, type ProjectChange } from '../../api/projects';
import type { Project } from '../../api/types';
import { isSiteAdmin, sessionQuery, useUser } from '../../app/session';
import { offerUndo } from '../../app/undoToast';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { CASE, MAX_RULE, ruleProblem } from '../../uploads/caseRule';
import classes from './ProjectPage.module.css';

const SITE = 'site';

const choiceOf = (rule: boolean | null) => (rule === null ? SITE : rule ? 'yes' : 'no');
const ruleOf = (choice: string) => (choice === SITE ? null : choice === 'yes');

const draftOf = (project: Project) => ({
  name: project.name,
  purpose: project.purpose,
  share:
    project.double_reading_share === null ? '' : Math.round(project.double_reading_share * 100),
  own: choiceOf(project.self_approval),
  blind: project.blind_to_model,
  patients: choiceOf(project.retain_patient_characteristics),
  dates: choiceOf(project.retain_shifted_dates),
  caseRule: project.case_rule ?? '',
});

type Draft = ReturnType<typeof draftOf>;

const changeOf = (draft: Draft): ProjectChange => ({
  name: draft.name.trim(),
  purpose: draft.purpose.trim(),
  double_reading_share: draft.share === '' ? null : Number(draft.share) / 100,
  self_approval: ruleOf(draft.own),
  blind_to_model: draft.blind,
  retain_patient_characteristics: ruleOf(draft.patients),
  retain_shifted_dates: ruleOf(draft.dates),
  case_rule: draft.caseRule.trim() || null,
});

/** Only the changes of this draft: not everybody may change every rule. */
function differences(draft: Draft, project: Project): ProjectChange {
  const before: Record<string, unknown> = changeOf(draftOf(project));
  const wanted = Object.entries(changeOf(draft));
  return Object.fromEntries(wanted.filter(([field, value]) => value !== before[field]));
}

/** Choices of what is kept; `held` is the site's setting. */
function keeping(rule: boolean | null, held: boolean) {
  const site = held ? t`As the site: keep` : t`As the site: drop`;
  return [
    { value: SITE, label: rule === null ? site : t`As the site` },
    { value: 'yes', label: t`Keep` },
    { value: 'no', label: t`Drop` },
  ];
}

export function RulesForm({ project }: { project: Project }) {
  const client = useQueryClient();
  const decides = isSiteAdmin(useUser());
  const [draft, setDraft] = useState<Draft>(() => draftOf(project));
  const put = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const take = (saved: Project) => {
    setDraft(draftOf(saved));
    void client.invalidateQueries({ queryKey: ['projects'] });
    void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const save = useMutation({
    mutationFn: () => changeProject(project.id, differences(draft, project)),
    onSuccess: (saved) => {
      const before = differences(draftOf(project), saved);
      take(saved);
      offerUndo({
        message: t`The rules were saved.`,
        undo: async () => take(await changeProject(project.id, before)),
        undone: t`Undone: the rules are as before`,
      });
    },
  });
  const changed = Object.keys(differences(draft, project)).length > 0;
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
              { value: SITE, label: t`As the site` },
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
          <Select
            label={t`Sex, age, size and weight of patients`}
            description={
              decides
                ? t`For DICOM files received from now on. Dropping hides at once what was kept`
                : t`A site admin decides this`
            }
            allowDeselect={false}
            disabled={!decides}
            data={keeping(
              project.retain_patient_characteristics,
              project.in_force.retain_patient_characteristics,
            )}
            value={draft.patients}
            onChange={(value) => put({ patients: value ?? SITE })}
          />
          <Select
            label={t`Dates of examinations, shifted`}
            description={
              decides
                ? t`All dates of a patient are moved back by the same secret number of days`
                : t`A site admin decides this`
            }
            allowDeselect={false}
            disabled={!decides}
            data={keeping(project.retain_shifted_dates, project.in_force.retain_shifted_dates)}
            value={draft.dates}
            onChange={(value) => put({ dates: value ?? SITE })}
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
            {save.isSuccess && !changed
              ? t`Saved. The rules apply to what is received from now on.`
              : ''}
          </span>
        </div>
      </form>
    </Panel>
  );
}
