import { ActionIcon, Button, Tooltip } from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconBucketDroplet,
  IconGrain,
  IconWaveSine,
} from '@tabler/icons-react';
import { memo, type RefObject } from 'react';
import type { Editor, EditorCommand, EditorView } from '../../../editor';
import type { Assistant } from './assistant';
import classes from './OptionsBar.module.css';
import { ToolOptionsPart } from './ToolOptionsPart';
import { type Icon, keyOf } from './toolset';
import { useEditorState } from './useEditorState';

const SHAPES: readonly { label: string; command: EditorCommand; icon: Icon }[] = [
  { label: 'Smooth the outline', command: 'smooth', icon: IconWaveSine },
  { label: 'Grow by a pixel', command: 'grow', icon: IconArrowsMaximize },
  { label: 'Shrink by a pixel', command: 'shrink', icon: IconArrowsMinimize },
  { label: 'Fill all holes', command: 'fill-holes', icon: IconBucketDroplet },
  { label: 'Remove small islands', command: 'remove-islands', icon: IconGrain },
];

interface Props {
  editor: Editor | null;
  view: RefObject<EditorView | null>;
  assistant: Assistant | null;
  readOnly: boolean;
}

/** Steps, what the tool can do, and commands on the selected lesion. */
export const OptionsBar = memo(function OptionsBar({ editor, view, assistant, readOnly }: Props) {
  const selected = useEditorState<number | null>(editor, (state) => state.selected, null);
  return (
    <div className={classes.root} role="toolbar" aria-label="Tool options">
      <Steps editor={editor} view={view} readOnly={readOnly} />
      <i className={classes.divider} />
      <div className={classes.options}>
        {editor ? (
          <ToolOptionsPart editor={editor} assistant={assistant} readOnly={readOnly} />
        ) : null}
      </div>
      <div className={classes.shapes}>
        {SHAPES.map((shape) => (
          <Tooltip key={shape.command} label={`${shape.label} (${keyOf(shape.command)})`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={shape.label}
              aria-keyshortcuts={keyOf(shape.command)}
              disabled={!editor || readOnly || selected === null}
              onClick={() => view.current?.run(shape.command)}
            >
              <shape.icon size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ))}
      </div>
    </div>
  );
});

function Steps({ editor, view, readOnly }: Omit<Props, 'assistant'>) {
  const undo = useEditorState<string | null>(editor, (state) => state.undoName, null);
  const redo = useEditorState<string | null>(editor, (state) => state.redoName, null);
  return (
    <div className={classes.steps}>
      <Tooltip label={undo ? `Undo ${undo} (z)` : 'Nothing to undo'}>
        <Button
          className={classes.undo}
          variant="subtle"
          color="gray"
          size="compact-sm"
          aria-label={undo ? `Undo ${undo}` : 'Undo'}
          aria-keyshortcuts="z Control+z"
          disabled={!undo || readOnly}
          onClick={() => view.current?.run('undo')}
          leftSection={<IconArrowBackUp size={18} stroke={1.6} />}
        >
          {undo ?? 'Undo'}
        </Button>
      </Tooltip>
      <Tooltip label={redo ? `Redo ${redo} (⇧z)` : 'Nothing to redo'}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={redo ? `Redo ${redo}` : 'Redo'}
          aria-keyshortcuts="Shift+z Control+y"
          disabled={!redo || readOnly}
          onClick={() => view.current?.run('redo')}
        >
          <IconArrowForwardUp size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
