import { t } from '@lingui/core/macro';
import { UnstyledButton } from '@mantine/core';
import { IconCheck, IconChevronDown } from '@tabler/icons-react';
import type { KeyboardEvent } from 'react';
import { LateMenu } from '../../../components/LateMenu';
import { fieldId } from '../../../editing/jump';
import { useEditorState, useStore } from '../../../editing/useEditorState';
import {
  choices,
  classOf,
  commands,
  type Editor,
  type EditorClass,
  type EditorLesion,
  isSingle,
} from '../../../editor';
import classes from './ClassPicker.module.css';
import { classOfDigit, classPicker, keyOfClass } from './classPicker';

const NONE: readonly EditorClass[] = [];

interface Props {
  editor: Editor;
  lesion: EditorLesion;
  readOnly: boolean;
}

/** The class of a lesion with a list to choose from; nothing if there is no choice. */
export function ClassPicker({ editor, lesion, readOnly }: Props) {
  const known = useEditorState(editor, (state) => state.classes, NONE);
  const opened = useStore(classPicker, (state) => state.lesion, null) === lesion.label;
  if (known.length === 0 || (isSingle(known) && !lesion.classId)) return null;
  const current = classOf(known, lesion.classId);
  const text = current?.name ?? (lesion.classId ? t`Class of another set` : t`Choose a class`);
  if (readOnly) {
    return current || lesion.classId ? <span className={classes.fixed}>{text}</span> : null;
  }
  const choose = (chosen: EditorClass) => {
    classPicker.set({ lesion: null });
    commands.setClass(editor, lesion.label, chosen.id);
  };
  const byDigit = (event: KeyboardEvent) => {
    const chosen = classOfDigit(event.code, known);
    if (!chosen) return;
    event.preventDefault();
    event.stopPropagation();
    choose(chosen);
  };
  return (
    <LateMenu
      opened={opened}
      onChange={(open) => classPicker.set({ lesion: open ? lesion.label : null })}
      position="bottom-start"
      width={240}
      dropdown={{ onKeyDown: byDigit, className: classes.dropdown }}
      target={
        <UnstyledButton
          className={classes.button}
          data-missing={current === null}
          // The menu assigns its own id to its target.
          data-said={fieldId(lesion.label, null)}
          aria-label={t`Class of ${lesion.name}: ${text}`}
        >
          <span className={classes.text}>{text}</span>
          <IconChevronDown size={14} stroke={1.7} aria-hidden="true" />
        </UnstyledButton>
      }
    >
      {(Menu) =>
        choices(known).map((one) => (
          <Menu.Item
            key={one.id}
            leftSection={
              <span className={classes.swatch} style={{ background: one.colour }}>
                {one === current ? <IconCheck size={12} stroke={2.5} /> : null}
              </span>
            }
            rightSection={<kbd className={classes.key}>{keyOfClass(known, one.id)}</kbd>}
            aria-current={one === current}
            onClick={() => choose(one)}
          >
            {one.name}
          </Menu.Item>
        ))
      }
    </LateMenu>
  );
}
