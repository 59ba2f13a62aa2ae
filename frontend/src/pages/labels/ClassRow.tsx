import {
  Button,
  ColorInput,
  NativeSelect,
  Popover,
  Stack,
  Switch,
  Text,
  TextInput,
  Tooltip,
} from '@mantine/core';
import { COLOURS, type DraftClass, parentsFor } from './draft';
import classes from './LabelSetPage.module.css';
import { alike } from './likeness';
import { RowActions } from './RowActions';

interface Props {
  one: DraftClass;
  all: readonly DraftClass[];
  /** Among those that can be chosen, from 0; the keys follow it. */
  place: number;
  /** How many lesions have it; null until known. */
  lesions: number | null;
  readOnly: boolean;
  onChange: (change: Partial<DraftClass>) => void;
  onMove: (by: 1 | -1) => void;
  onRemove: () => void;
}

export function ClassRow(props: Props) {
  const { one, all, place, lesions, readOnly, onChange } = props;
  const name = one.name || 'the new class';
  const fixed = one.used && !one.fresh;
  const similar = one.archived ? [] : alike(one, all);
  return (
    <li className={classes.item} data-archived={one.archived}>
      <Tooltip label="Shift and this digit on the image page" disabled={place < 0 || place > 8}>
        <span className={classes.key}>{place >= 0 && place < 9 ? `⇧${place + 1}` : ''}</span>
      </Tooltip>
      <div className={classes.fields}>
        <div className={classes.line}>
          <TextInput
            aria-label="Name of the class"
            placeholder="Name"
            className={classes.name}
            maxLength={80}
            readOnly={readOnly}
            autoFocus={one.fresh && one.name === ''}
            value={one.name}
            onChange={(event) => onChange({ name: event.currentTarget.value })}
          />
          <ColorInput
            aria-label={`Colour of ${name}`}
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
            aria-label={`What one ${name} is`}
            title={fixed ? 'Drawn already, so this stays' : undefined}
            disabled={readOnly || fixed}
            value={one.kind}
            data={[
              { value: 'instance', label: 'Several per image' },
              { value: 'region', label: 'One region per image' },
            ]}
            onChange={(event) =>
              onChange({ kind: event.currentTarget.value as DraftClass['kind'] })
            }
          />
          <NativeSelect
            aria-label={`Wider class of ${name}`}
            disabled={readOnly}
            value={one.parent_id ?? ''}
            data={[
              { value: '', label: 'No wider class' },
              ...parentsFor(all, one.id).map((parent) => ({
                value: parent.id,
                label: `Part of ${parent.name}`,
              })),
            ]}
            onChange={(event) => onChange({ parent_id: event.currentTarget.value || null })}
          />
          <Switch
            label="Overlaps"
            title={
              fixed
                ? 'Drawn already, so this stays'
                : 'May share pixels with lesions of other classes'
            }
            disabled={readOnly || fixed}
            checked={one.overlaps ?? false}
            onChange={(event) => onChange({ overlaps: event.currentTarget.checked })}
          />
          <CodeField one={one} name={name} readOnly={readOnly} onChange={onChange} />
        </div>
        {similar.length > 0 ? (
          <Text size="xs" className={classes.warning}>
            Some people cannot tell this colour from that of {similar.join(', ')}.
          </Text>
        ) : null}
      </div>
      {readOnly ? null : (
        <RowActions
          name={name}
          used={fixed}
          uses={lesions}
          what="lesion"
          archived={one.archived ?? false}
          onMove={props.onMove}
          onArchive={(archived) => onChange({ archived })}
          onRemove={props.onRemove}
        />
      )}
    </li>
  );
}

/** A code of a terminology, such as SNOMED CT, that exports carry. */
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
          aria-label={code ? `${code.scheme} ${code.value}, code of ${name}` : `Code of ${name}`}
        >
          {code ? `${code.scheme} ${code.value}` : 'Code'}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <TextInput
            label="Scheme"
            description="SCT is SNOMED CT"
            maxLength={16}
            readOnly={readOnly}
            value={code?.scheme ?? 'SCT'}
            onChange={(event) => put({ scheme: event.currentTarget.value })}
          />
          <TextInput
            label="Value"
            maxLength={64}
            readOnly={readOnly}
            value={code?.value ?? ''}
            onChange={(event) => put({ value: event.currentTarget.value })}
          />
          <TextInput
            label="Meaning"
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
