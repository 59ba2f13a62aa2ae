import { t } from '@lingui/core/macro';
import { NativeSelect, Textarea, TextInput } from '@mantine/core';
import { type KeyboardEvent, useState } from 'react';
import { fieldId } from '../../../editing/jump';
import {
  commands,
  type Editor,
  type EditorAttribute,
  numberOf,
  type Values,
} from '../../../editor';
import classes from './AttributeFields.module.css';

interface Props {
  editor: Editor;
  /** Null for attributes of the image. */
  lesion: number | null;
  attributes: readonly EditorAttribute[];
  values: Values;
  readOnly: boolean;
}

/** Attributes of a lesion or of the image; each change is an undoable step. */
export default function AttributeFields({ editor, lesion, attributes, values, readOnly }: Props) {
  return (
    <div className={classes.fields}>
      {attributes.map((attribute) => (
        <Field
          key={attribute.id}
          attribute={attribute}
          id={fieldId(lesion, attribute.id)}
          value={values[attribute.id] ?? null}
          readOnly={readOnly}
          onValue={(value) => commands.setValue(editor, lesion, attribute.id, value)}
        />
      ))}
    </div>
  );
}

function Field(props: {
  attribute: EditorAttribute;
  id: string;
  value: string | number | null;
  readOnly: boolean;
  onValue: (value: string | number | null) => void;
}) {
  const { attribute, id, value, readOnly, onValue } = props;
  const missing = attribute.required && (value === null || value === '');
  const label = attribute.unit ? `${attribute.name} (${attribute.unit})` : attribute.name;
  const common = {
    id,
    label,
    size: 'xs',
    withAsterisk: attribute.required,
    'aria-required': attribute.required,
    description: missing && !readOnly ? t`Needed to submit` : null,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as (
      | 'label'
      | 'input'
      | 'description'
      | 'error'
    )[],
    'data-missing': missing && !readOnly ? true : undefined,
    classNames: { description: classes.missing },
  };
  if (attribute.kind === 'choice') {
    return (
      <NativeSelect
        {...common}
        disabled={readOnly}
        value={value ?? ''}
        data={[
          { value: '', label: readOnly ? '–' : t`Choose…` },
          ...attribute.choices.map(({ value: one, meaning }) => ({ value: one, label: meaning })),
        ]}
        onChange={(event) => onValue(event.currentTarget.value || null)}
      />
    );
  }
  return <Typed {...props} common={common} />;
}

/** A number or text becomes a step when the field loses focus or Enter is pressed. */
function Typed(props: {
  attribute: EditorAttribute;
  value: string | number | null;
  readOnly: boolean;
  onValue: (value: string | number | null) => void;
  common: object;
}) {
  const { attribute, value, readOnly, onValue, common } = props;
  const stored = value === null ? '' : String(value);
  const [text, setText] = useState(stored);
  // Undo or a restored revision overwrites the typed value.
  const [seen, setSeen] = useState(stored);
  if (stored !== seen) {
    setSeen(stored);
    setText(stored);
  }
  const isNumber = attribute.kind === 'number';
  const typed = isNumber && text.trim() !== '' ? numberOf(text, attribute) : text.trim();
  const wrong = isNumber && typeof typed === 'string' && typed !== '' ? typed : null;
  const keep = () => {
    if (!wrong && text !== stored) onValue(typed === '' ? null : typed);
  };
  const shared = {
    ...common,
    value: text,
    readOnly,
    error: wrong,
    onChange: (event: { currentTarget: { value: string } }) => setText(event.currentTarget.value),
    onBlur: keep,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === 'Escape') setText(stored);
      // Ctrl+Enter submits, and the typed value must be included.
      if (event.key === 'Enter') keep();
    },
  };
  return isNumber ? (
    <TextInput {...shared} inputMode="decimal" />
  ) : (
    <Textarea {...shared} autosize maxRows={6} maxLength={500} />
  );
}
