import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import {
  ActionIcon,
  Button,
  MultiSelect,
  NativeSelect,
  NumberInput,
  Switch,
  TextInput,
} from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import type { DraftAttribute, DraftClass } from './draft';
import classes from './LabelSetPage.module.css';
import { type ItemActions, SetItem } from './SetItem';

interface Props extends ItemActions<DraftAttribute> {
  one: DraftAttribute;
  classes: readonly DraftClass[];
  /** Number of lesions or images with a value for it; null until known. */
  uses: number | null;
}

export function AttributeCard(props: Props) {
  const { one, readOnly, onChange } = props;
  const name = one.name || t`the new attribute`;
  const fixed = one.used && !one.fresh;
  const why = fixed ? t`Already used in drawings, so it cannot be changed` : undefined;
  return (
    <SetItem
      {...props}
      name={name}
      nameLabel={t`Name of the attribute`}
      fixed={fixed}
      what="lesion or image"
      line={
        <>
          <NativeSelect
            aria-label={t`What ${name} applies to`}
            title={why}
            disabled={readOnly || fixed}
            value={one.subject}
            data={[
              { value: 'lesion', label: t`Of a lesion` },
              { value: 'image', label: t`Of the image` },
            ]}
            onChange={(event) =>
              onChange({ subject: event.currentTarget.value as DraftAttribute['subject'] })
            }
          />
          <NativeSelect
            aria-label={t`Kind of ${name}`}
            title={why}
            disabled={readOnly || fixed}
            value={one.kind}
            data={[
              { value: 'choice', label: t`Choice` },
              { value: 'number', label: t`Number` },
              { value: 'text', label: t`Text` },
            ]}
            onChange={(event) =>
              onChange({ kind: event.currentTarget.value as DraftAttribute['kind'] })
            }
          />
          <Switch
            label={t`Required`}
            disabled={readOnly}
            checked={one.required ?? false}
            onChange={(event) => onChange({ required: event.currentTarget.checked })}
          />
        </>
      }
    >
      {one.subject === 'lesion' && props.classes.length > 1 ? (
        <MultiSelect
          aria-label={t`Classes that have ${name}`}
          placeholder={one.class_ids.length === 0 ? t`Lesions of all classes` : ''}
          readOnly={readOnly}
          data={props.classes
            .filter(
              (found) => found.name.trim() && (!found.archived || one.class_ids.includes(found.id)),
            )
            .map((found) => ({ value: found.id, label: found.name }))}
          value={one.class_ids}
          onChange={(class_ids) => onChange({ class_ids })}
        />
      ) : null}
      {one.kind === 'number' ? <NumberFields {...props} /> : null}
      {one.kind === 'choice' ? <Choices {...props} fixed={fixed} /> : null}
    </SetItem>
  );
}

function NumberFields({ one, readOnly, onChange }: Props) {
  const numberOf = (value: string | number) => (typeof value === 'number' ? value : null);
  return (
    <div className={classes.line}>
      <TextInput
        label={t`Unit`}
        w={110}
        maxLength={20}
        readOnly={readOnly}
        value={one.unit ?? ''}
        onChange={(event) => onChange({ unit: event.currentTarget.value })}
      />
      <NumberInput
        label={t`At least`}
        w={120}
        readOnly={readOnly}
        value={one.minimum ?? ''}
        onChange={(value) => onChange({ minimum: numberOf(value) })}
      />
      <NumberInput
        label={t`At most`}
        w={120}
        readOnly={readOnly}
        value={one.maximum ?? ''}
        onChange={(value) => onChange({ maximum: numberOf(value) })}
      />
    </div>
  );
}

function Choices({ one, readOnly, fixed, onChange }: Props & { fixed: boolean }) {
  const { choices } = one;
  const put = (at: number, meaning: string) =>
    onChange({
      choices: choices.map((choice, index) => (index === at ? { ...choice, meaning } : choice)),
    });
  return (
    <div className={classes.choices}>
      {choices.map(({ value, meaning }, at) => (
        <TextInput
          // Choices have no ids, and two new ones may both be empty.
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          key={`${value} ${at}`}
          aria-label={t`Value ${at + 1} of ${one.name || t`the new attribute`}`}
          size="xs"
          maxLength={120}
          readOnly={readOnly}
          value={meaning}
          onChange={(event) => put(at, event.currentTarget.value)}
          rightSection={
            readOnly || (fixed && value) ? null : (
              <ActionIcon
                variant="subtle"
                color="gray"
                size={24}
                aria-label={t`Remove value ${meaning || at + 1}`}
                onClick={() => onChange({ choices: choices.filter((_, index) => index !== at) })}
              >
                <IconX size={14} stroke={1.7} />
              </ActionIcon>
            )
          }
        />
      ))}
      {readOnly ? null : (
        <Button
          variant="subtle"
          size="compact-xs"
          leftSection={<IconPlus size={14} stroke={1.7} />}
          onClick={() => onChange({ choices: [...choices, { value: '', meaning: '' }] })}
        >
          <Trans>Add a value</Trans>
        </Button>
      )}
    </div>
  );
}
