import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, NumberInput, Select, Switch, TextInput } from '@mantine/core';
import { useId } from 'react';
import type { Setting } from '../../api/siteSettings';
import { ExactMoment } from '../../components/Moment';
import classes from './SitePage.module.css';
import { type Field, type Shown, shownOf } from './settingFields';

interface Props {
  field: Field;
  setting: Setting;
  shown: Shown;
  error: string | null;
  /** The value will be taken from the environment again once this is saved. */
  givenBack: boolean;
  onChange: (shown: Shown) => void;
  onGiveBack: () => void;
}

/** One setting: its input, the source of its value, and a reset to the environment's value. */
export function SettingRow(props: Props) {
  const { field, setting, givenBack, onGiveBack } = props;
  const sourceId = useId();
  const name = field.label;
  return (
    <div className={classes.row}>
      <SettingInput {...props} sourceId={sourceId} />
      <div className={classes.source} id={sourceId}>
        {givenBack ? <Trans>Returns to the site’s start values when saved</Trans> : null}
        {givenBack ? null : <Origin setting={setting} field={field} />}
        {setting.source === 'site' && !givenBack ? (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            aria-label={t`Reset ${name}`}
            onClick={onGiveBack}
          >
            <Trans>Reset</Trans>
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function SettingInput(props: Props & { sourceId: string }) {
  const { field, shown, error, onChange, sourceId } = props;
  const common = {
    label: field.label,
    description: field.hint,
    error,
    'aria-describedby': sourceId,
  };
  if (field.kind === 'switch') {
    return (
      <Switch
        {...common}
        checked={shown === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.kind === 'choice') {
    return (
      <Select
        {...common}
        allowDeselect={false}
        data={field.choices}
        value={String(shown)}
        onChange={(value) => value !== null && onChange(value)}
      />
    );
  }
  if (field.kind === 'number') {
    return (
      <NumberInput
        {...common}
        min={field.least}
        max={field.most}
        clampBehavior="none"
        allowNegative={false}
        decimalScale={field.decimals ?? (Number.isInteger(shown) ? 0 : 2)}
        suffix={` ${field.unit}`}
        value={shown as number | string}
        onChange={onChange}
      />
    );
  }
  return (
    <TextInput
      {...common}
      maxLength={field.kind === 'text' ? field.most : undefined}
      value={String(shown)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function Origin({ setting, field }: { setting: Setting; field: Field }) {
  const { source, variable, changed_by, changed_at } = setting;
  if (source === 'default') return <Trans>Default</Trans>;
  if (source === 'environment') {
    return (
      <Trans>
        From <code>{variable}</code>
      </Trans>
    );
  }
  const before = worded(field, setting);
  const who = changed_by?.name ?? '';
  return (
    <span>
      <Trans>
        Set by {who}, {changed_at ? <ExactMoment at={changed_at} /> : null}. Otherwise: {before}
      </Trans>
    </span>
  );
}

function worded(field: Field, setting: Setting): string {
  const shown = shownOf(field, setting.without);
  if (field.kind === 'switch') return shown === true ? t`on` : t`off`;
  if (field.kind === 'number') return `${shown} ${field.unit}`;
  if (field.kind === 'choice') {
    return field.choices.find(({ value }) => value === shown)?.label ?? String(shown);
  }
  return String(shown) || t`empty`;
}
