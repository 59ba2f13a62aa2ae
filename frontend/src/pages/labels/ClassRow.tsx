import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import {
  Button,
  ColorInput,
  NativeSelect,
  Popover,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { Tooltip } from '../../components/Tooltip';
import { comma } from '../../language/language';
import { COLOURS, type DraftClass, parentsFor } from './draft';
import classes from './LabelSetPage.module.css';
import { alike } from './likeness';
import { type ItemActions, SetItem } from './SetItem';

interface Props extends ItemActions<DraftClass> {
  one: DraftClass;
  all: readonly DraftClass[];
  /** Position among the available classes, from 0; it determines the key. */
  place: number;
  /** Number of lesions of this class; null until known. */
  lesions: number | null;
}

export function ClassRow(props: Props) {
  const { one, all, place, lesions, readOnly, onChange } = props;
  const name = one.name || t`the new class`;
  const fixed = one.used && !one.fresh;
  const similar = one.archived ? [] : alike(one, all);
  return (
    <SetItem
      {...props}
      name={name}
      nameLabel={t`Name of the class`}
      fixed={fixed}
      uses={lesions}
      what="lesion"
      lead={
        <Tooltip
          label={t`Shift and this digit on the image page`}
          disabled={place < 0 || place > 8}
        >
          <span className={classes.key}>{place >= 0 && place < 9 ? `⇧${place + 1}` : ''}</span>
        </Tooltip>
      }
      line={
        <>
          <ColorInput
            aria-label={t`Colour of ${name}`}
            w={132}
            format="hex"
            swatches={[...COLOURS]}
            swatchesPerRow={6}
            withEyeDropper={false}
            readOnly={readOnly}
            value={one.colour}
            onChange={(colour) => {
              if (/^#[0-9a-f]{6}$/i.test(colour)) onChange({ colour: colour.toLowerCase() });
            }}
          />
          <NativeSelect
            w={188}
            aria-label={t`Region or instance: ${name}`}
            title={fixed ? t`Already drawn, so it cannot be changed` : undefined}
            disabled={readOnly || fixed}
            value={one.kind}
            data={[
              { value: 'instance', label: t`Several per image` },
              { value: 'region', label: t`One region per image` },
            ]}
            onChange={(event) =>
              onChange({ kind: event.currentTarget.value as DraftClass['kind'] })
            }
          />
          <NativeSelect
            w={188}
            aria-label={t`Wider class of ${name}`}
            disabled={readOnly}
            value={one.parent_id ?? ''}
            data={[
              { value: '', label: t`No wider class` },
              ...parentsFor(all, one.id).map((parent) => ({
                value: parent.id,
                label: t`Part of ${parent.name}`,
              })),
            ]}
            onChange={(event) => onChange({ parent_id: event.currentTarget.value || null })}
          />
          <Switch
            label={t`Overlaps`}
            title={
              fixed
                ? t`Already drawn, so it cannot be changed`
                : t`May share pixels with lesions of other classes`
            }
            disabled={readOnly || fixed}
            checked={one.overlaps ?? false}
            onChange={(event) => onChange({ overlaps: event.currentTarget.checked })}
          />
          <CodeField one={one} name={name} readOnly={readOnly} onChange={onChange} />
        </>
      }
    >
      {similar.length > 0 ? (
        <Text size="xs" className={classes.warning}>
          <Trans>Some people cannot tell this colour from that of {similar.join(comma())}.</Trans>
        </Text>
      ) : null}
    </SetItem>
  );
}

/** A code of a terminology such as SNOMED CT, which is included in exports. */
function CodeField(props: {
  one: DraftClass;
  name: string;
  readOnly: boolean;
  onChange: (change: Partial<DraftClass>) => void;
}) {
  const { one, name, readOnly, onChange } = props;
  const code = one.code ?? null;
  const put = (change: Partial<NonNullable<DraftClass['code']>>) => {
    const next = { scheme: 'SCT', value: '', meaning: '', ...code, ...change };
    onChange({ code: next.value || next.meaning ? next : null });
  };
  return (
    <Popover width={300} position="bottom-end" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          size="xs"
          h={36}
          aria-label={code ? t`${code.scheme} ${code.value}, code of ${name}` : t`Code of ${name}`}
        >
          {code ? `${code.scheme} ${code.value}` : t`Code`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <TextInput
            label={t`Scheme`}
            description={t`SCT is SNOMED CT`}
            maxLength={16}
            readOnly={readOnly}
            value={code?.scheme ?? 'SCT'}
            onChange={(event) => put({ scheme: event.currentTarget.value })}
          />
          <TextInput
            label={t`Value`}
            maxLength={64}
            readOnly={readOnly}
            value={code?.value ?? ''}
            onChange={(event) => put({ value: event.currentTarget.value })}
          />
          <TextInput
            label={t`Meaning`}
            maxLength={120}
            readOnly={readOnly}
            value={code?.meaning ?? ''}
            onChange={(event) => put({ meaning: event.currentTarget.value })}
          />
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
