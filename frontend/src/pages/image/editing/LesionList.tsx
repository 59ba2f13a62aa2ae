import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, TextInput, UnstyledButton } from '@mantine/core';
import { IconDots, IconEye, IconEyeOff, IconPlus } from '@tabler/icons-react';
import { type RefObject, useCallback, useEffect, useMemo, useState } from 'react';
import { withKey } from '../../../app/ownKeys';
import { LateMenu } from '../../../components/LateMenu';
import { Tooltip } from '../../../components/Tooltip';
import { useEditorState, useStore } from '../../../editing/useEditorState';
import {
  beginLesion,
  commands,
  type Editor,
  type EditorClass,
  type EditorLesion,
  greyText,
  lesionColours,
} from '../../../editor';
import type { Stage } from '../../../viewer/stage';
import { LesionAttributes } from '../classes/Attributes';
import { ClassPicker } from '../classes/ClassPicker';
import { areaText, axesText, figuresOf } from '../measure';
import { Undecided } from '../possible/Undecided';
import { useViewer, viewerStore } from '../viewerStore';
import classes from './LesionList.module.css';
import { LesionPieces } from './LesionPieces';
import { LesionMeasures } from './lesionMeasures';
import { keyOf } from './toolset';

interface Props {
  editor: Editor;
  stage: RefObject<Stage | null>;
  readOnly: boolean;
}

const NONE: readonly EditorLesion[] = [];
const NO_CLASSES: readonly EditorClass[] = [];

/** The lesions of the drawing, with figures updated during every stroke. */
export function LesionList({ editor, stage, readOnly }: Props) {
  const lesions = useEditorState(editor, (state) => state.lesions, NONE);
  const selected = useEditorState<number | null>(editor, (state) => state.selected, null);
  const measures = useMemo(() => new LesionMeasures(editor), [editor]);
  useEffect(() => measures.follow(), [measures]);
  const known = useEditorState(editor, (state) => state.classes, NO_CLASSES);
  const colours = useMemo(() => lesionColours(lesions, known), [lesions, known]);
  const hovered = useViewer((state) => state.hovered);
  const [renaming, setRenaming] = useState<number | null>(null);

  const select = (lesion: EditorLesion) => {
    editor.selectLesion(lesion.label);
    if (lesion.box) stage.current?.camera.reveal(lesion.box);
  };

  return (
    <>
      {lesions.length > 0 ? (
        <ul className={classes.list}>
          {lesions.map((lesion) => (
            <li
              key={lesion.label}
              className={classes.row}
              data-hovered={hovered === lesion.label}
              data-selected={selected === lesion.label}
              data-hidden={!lesion.visible}
              onMouseEnter={() => viewerStore.set({ hovered: lesion.label })}
              onMouseLeave={() => viewerStore.set({ hovered: null })}
            >
              <div className={classes.said}>
                {renaming === lesion.label ? (
                  <Renaming
                    lesion={lesion}
                    colour={colours[lesion.label]}
                    onName={(name) => {
                      if (name !== null) commands.renameLesion(editor, lesion.label, name);
                      setRenaming(null);
                    }}
                  />
                ) : (
                  <UnstyledButton
                    className={classes.main}
                    aria-pressed={selected === lesion.label}
                    onClick={() => select(lesion)}
                    onDoubleClick={() => !readOnly && setRenaming(lesion.label)}
                  >
                    <Dot label={lesion.label} colour={colours[lesion.label]} />
                    <span className={classes.name}>{lesion.name}</span>
                    <Figures
                      measures={measures}
                      label={lesion.label}
                      whole={selected === lesion.label}
                    />
                  </UnstyledButton>
                )}
                <ClassPicker editor={editor} lesion={lesion} readOnly={readOnly} />
                <LesionPieces
                  editor={editor}
                  lesion={lesion}
                  measures={measures}
                  readOnly={readOnly}
                />
              </div>
              <div className={classes.actions}>
                <Tooltip label={lesion.visible ? t`Hide` : t`Show`}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={32}
                    aria-label={`${lesion.visible ? t`Hide` : t`Show`} ${lesion.name}`}
                    onClick={() => editor.setVisible(lesion.label, !lesion.visible)}
                  >
                    {lesion.visible ? (
                      <IconEye size={17} stroke={1.6} />
                    ) : (
                      <IconEyeOff size={17} stroke={1.6} />
                    )}
                  </ActionIcon>
                </Tooltip>
                {readOnly ? null : (
                  <LesionMenu
                    editor={editor}
                    lesion={lesion}
                    others={lesions.filter((one) => one !== lesion)}
                    onRename={() => setRenaming(lesion.label)}
                  />
                )}
              </div>
              <Undecided editor={editor} lesion={lesion} readOnly={readOnly} />
              <LesionAttributes
                editor={editor}
                lesion={lesion}
                selected={selected === lesion.label}
                readOnly={readOnly}
              />
            </li>
          ))}
        </ul>
      ) : null}
      {readOnly ? null : (
        <Tooltip label={withKey(t`Your next stroke draws this lesion`, keyOf('new-lesion'))}>
          <Button
            className={classes.new}
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={16} stroke={1.7} />}
            onClick={() => beginLesion(editor)}
          >
            <Trans>New lesion</Trans>
          </Button>
        </Tooltip>
      )}
      {editor.lengths.known || lesions.length === 0 ? null : (
        <p className={classes.note}>
          <Trans>The pixel spacing is unknown, so sizes are in pixels, not millimetres.</Trans>
        </p>
      )}
    </>
  );
}

function Dot({ label, colour }: { label: number; colour: string | undefined }) {
  return (
    <span className={classes.dot} style={{ background: colour }} aria-hidden="true">
      {label}
    </span>
  );
}

function Figures(props: {
  measures: LesionMeasures;
  label: number;
  /** Include the grey levels under the lesion. */
  whole: boolean;
}) {
  const { measures, label, whole } = props;
  const measure = useStore(
    measures.state,
    useCallback(({ of }) => of.get(label), [label]),
    undefined,
  );
  if (!measure)
    return (
      <span className={classes.figures}>
        <Trans>Not drawn yet</Trans>
      </span>
    );
  const figures = figuresOf(measure);
  return (
    <>
      <span className={classes.figures}>
        <b>{axesText(figures)}</b> {areaText(figures)}
      </span>
      {whole && measure.grey ? (
        <span className={classes.figures}>{greyText(measure.grey)}</span>
      ) : null}
    </>
  );
}

/** Enter or leaving the field keeps the new name, Escape the previous one. */
function Renaming(props: {
  lesion: EditorLesion;
  colour: string | undefined;
  onName: (name: string | null) => void;
}) {
  const [name, setName] = useState(props.lesion.name);
  return (
    <div className={classes.renaming}>
      <Dot label={props.lesion.label} colour={props.colour} />
      <TextInput
        size="xs"
        aria-label={t`Name of ${props.lesion.name}`}
        value={name}
        maxLength={80}
        autoFocus
        onFocus={(event) => event.currentTarget.select()}
        onChange={(event) => setName(event.currentTarget.value)}
        onBlur={() => props.onName(name)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') props.onName(name);
          if (event.key === 'Escape') props.onName(null);
        }}
      />
    </div>
  );
}

function LesionMenu(props: {
  editor: Editor;
  lesion: EditorLesion;
  others: readonly EditorLesion[];
  onRename: () => void;
}) {
  const { editor, lesion, others, onRename } = props;
  return (
    <LateMenu
      position="bottom-end"
      width={200}
      target={
        <ActionIcon variant="subtle" color="gray" size={32} aria-label={t`More for ${lesion.name}`}>
          <IconDots size={17} stroke={1.6} />
        </ActionIcon>
      }
    >
      {(Menu) => (
        <>
          <Menu.Item onClick={onRename}>
            <Trans>Rename</Trans>
          </Menu.Item>
          {others.map((other) => (
            <Menu.Item
              key={other.label}
              onClick={() => commands.mergeInto(editor, lesion.label, other.label)}
            >
              <Trans>Merge into {other.name}</Trans>
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            color="red"
            rightSection={keyOf('delete-lesion')}
            onClick={() => commands.deleteLesion(editor, lesion.label)}
          >
            <Trans>Delete</Trans>
          </Menu.Item>
        </>
      )}
    </LateMenu>
  );
}
