import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  changeSiteSettings,
  fetchSiteSettings,
  type Setting,
  type SettingChange,
} from '../../api/siteSettings';
import { offerUndo } from '../../app/undoToast';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { SiteTabs } from '../../components/SiteTabs';
import { SettingRow } from './SettingRow';
import classes from './SitePage.module.css';
import { type Field, SECTIONS, type Shown, settingOf, shownOf } from './settingFields';

const KEY = ['site-settings'] as const;

/** Settings that an administrator changes while the site runs. */
export function SiteSettingsPage() {
  const settings = useQuery({ queryKey: KEY, queryFn: ({ signal }) => fetchSiteSettings(signal) });
  return (
    <Page>
      <PageHeader title={t`Site settings`}>
        <Trans>
          Changes take effect within a few seconds, without a restart. Everything else is set in the
          environment of the server.
        </Trans>
      </PageHeader>
      <SiteTabs />
      {settings.isPending ? <LoadingRows /> : null}
      {settings.isError ? (
        <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />
      ) : null}
      {settings.data ? <SettingsForm settings={settings.data.items} /> : null}
    </Page>
  );
}

/** Changed settings by key; null resets one to the environment's value. */
type Draft = Record<string, Shown | null>;

function SettingsForm({ settings }: { settings: Setting[] }) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>({});
  const byKey = new Map(settings.map((one) => [one.key, one]));
  const change = changeOf(draft, byKey);
  const wrong = Object.keys(draft).some((key) => draft[key] !== null && change[key] === null);
  const changed = Object.keys(change).length > 0;
  const save = useMutation({
    mutationFn: () => changeSiteSettings(change),
    onSuccess: (saved) => {
      const before: SettingChange = {};
      for (const key of Object.keys(change)) {
        const was = byKey.get(key);
        before[key] = was?.source === 'site' ? was.value : null;
      }
      client.setQueryData(KEY, saved);
      setDraft({});
      offerUndo({
        message: t`The settings were saved.`,
        undo: async () => {
          client.setQueryData(KEY, await changeSiteSettings(before));
        },
        undone: t`The settings are as they were.`,
      });
    },
  });
  return (
    <form
      className={classes.sections}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      {SECTIONS.map((section) => (
        <Panel key={section.title} title={section.title}>
          <div className={classes.fields}>
            {section.fields.map((field) => {
              const setting = byKey.get(field.key);
              if (!setting) return null;
              const drafted = draft[field.key];
              const shown =
                drafted ?? shownOf(field, drafted === null ? setting.without : setting.value);
              return (
                <SettingRow
                  key={field.key}
                  field={field}
                  setting={setting}
                  shown={shown}
                  givenBack={drafted === null}
                  error={settingOf(field, shown) === null ? outOfRange(field) : null}
                  onChange={(next) => setDraft((before) => ({ ...before, [field.key]: next }))}
                  onGiveBack={() => setDraft((before) => ({ ...before, [field.key]: null }))}
                />
              );
            })}
          </div>
        </Panel>
      ))}
      <div className={classes.foot} data-open={changed || wrong}>
        <FormError error={save.error} />
        <Button type="submit" disabled={!changed || wrong} loading={save.isPending}>
          <Trans>Save</Trans>
        </Button>
        <Button
          variant="default"
          disabled={Object.keys(draft).length === 0}
          onClick={() => {
            setDraft({});
            save.reset();
          }}
        >
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </form>
  );
}

function changeOf(draft: Draft, byKey: ReadonlyMap<string, Setting>): SettingChange {
  const change: SettingChange = {};
  for (const { fields } of SECTIONS) {
    for (const field of fields) {
      const drafted = draft[field.key];
      const setting = byKey.get(field.key);
      if (drafted === undefined || !setting) continue;
      if (drafted === null) change[field.key] = null;
      else if (drafted !== shownOf(field, setting.value)) {
        change[field.key] = settingOf(field, drafted);
      }
    }
  }
  return change;
}

function outOfRange(field: Field): string {
  if (field.kind !== 'number') return '';
  const { least, most, unit } = field;
  return t`Between ${least} and ${most} ${unit}`;
}
