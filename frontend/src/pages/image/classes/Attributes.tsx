import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { UnstyledButton } from '@mantine/core';
import { lazy, Suspense, useMemo } from 'react';
import { jumpTo } from '../../../editing/jump';
import { useEditorState } from '../../../editing/useEditorState';
import {
  classOf,
  type Editor,
  type EditorAttribute,
  type EditorClass,
  type EditorLesion,
  imageAttributes,
  lesionAttributes,
  missingIn,
  type Values,
} from '../../../editor';
import { comma } from '../../../language/language';
import { Section } from '../Section';
import classes from './Attributes.module.css';

/** Label sets without attributes need no form. */
const AttributeFields = lazy(() => import('./AttributeFields'));

const NO_CLASSES: readonly EditorClass[] = [];
const NO_ATTRIBUTES: readonly EditorAttribute[] = [];
const NO_VALUES: Values = {};

/** The attributes of the selected lesion, or what is missing on another one. */
export function LesionAttributes(props: {
  editor: Editor;
  lesion: EditorLesion;
  selected: boolean;
  readOnly: boolean;
}) {
  const { editor, lesion, selected, readOnly } = props;
  const known = useEditorState(editor, (state) => state.classes, NO_CLASSES);
  const all = useEditorState(editor, (state) => state.attributes, NO_ATTRIBUTES);
  const attributes = useMemo(
    () => lesionAttributes(all, classOf(known, lesion.classId)),
    [all, known, lesion.classId],
  );
  if (attributes.length === 0) return null;
  if (!selected) return readOnly ? null : <Lacks editor={editor} lesion={lesion} />;
  return (
    <div className={classes.form}>
      <Suspense fallback={null}>
        <AttributeFields
          editor={editor}
          lesion={lesion.label}
          attributes={attributes}
          values={lesion.values}
          readOnly={readOnly}
        />
      </Suspense>
    </div>
  );
}

function Lacks({ editor, lesion }: { editor: Editor; lesion: EditorLesion }) {
  const missing = missingIn({ ...editor.state.get(), lesions: [lesion] }).filter(
    ({ lesion: label, attribute }) => label === lesion.label && attribute !== null,
  );
  const [first] = missing;
  if (!first) return null;
  return (
    <UnstyledButton className={classes.lacks} onClick={() => jumpTo(editor, first)}>
      <Trans>Missing: {missing.map(({ name }) => name).join(comma())}</Trans>
    </UnstyledButton>
  );
}

/** The attributes of the whole image, if the label set has any. */
export function ImageAttributes({ editor, readOnly }: { editor: Editor; readOnly: boolean }) {
  const all = useEditorState(editor, (state) => state.attributes, NO_ATTRIBUTES);
  const values = useEditorState(editor, (state) => state.imageValues, NO_VALUES);
  const attributes = useMemo(() => imageAttributes(all), [all]);
  if (attributes.length === 0) return null;
  return (
    <Section title={t`About the image`}>
      <Suspense fallback={null}>
        <AttributeFields
          editor={editor}
          lesion={null}
          attributes={attributes}
          values={values}
          readOnly={readOnly}
        />
      </Suspense>
    </Section>
  );
}
