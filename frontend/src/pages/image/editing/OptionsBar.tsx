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
import { commands, type Editor, type EditorCommand } from '../../../editor';
import type { Assistant } from './assistant';
import classes from './OptionsBar.module.css';
import { ToolOptionsPart } from './ToolOptionsPart';
import { type Icon, keyOf } from './toolset';
import { useEditorState } from './useEditorState';

/** Parts with fewer pixels count as islands for the command, a few millimetres at most. */
export const ISLAND_PX = 64;

interface Shape {
  label: string;
  command: EditorCommand;
  icon: Icon;
  run: (editor: Editor) => boolean;
}

const SHAPES: readonly Shape[] = [
  {
    label: 'Smooth the outline',
    command: 'smooth',
    icon: IconWaveSine,
    run: (editor) => commands.smooth(editor),
  },
  {
    label: 'Grow by a pixel',
    command: 'grow',
    icon: IconArrowsMaximize,
    run: (editor) => commands.grow(editor, 1),
  },
  {
    label: 'Shrink by a pixel',
    command: 'shrink',
    icon: IconArrowsMinimize,
    run: (editor) => commands.shrink(editor, 1),
  },
  {
    label: 'Fill all holes',
    command: 'fill-holes',
    icon: IconBucketDroplet,
    run: (editor) => commands.fillHoles(editor),
  },
  {
    label: 'Remove small islands',
    command: 'remove-islands',
    icon: IconGrain,
    run: (editor) => commands.removeIslands(editor, ISLAND_PX),
  },
];

interface Props {
  editor: Editor | null;
  assistant: Assistant | null;
  readOnly: boolean;
}

/** Steps, what the tool can do, and commands on the selected lesion. */
export function OptionsBar({ editor, assistant, readOnly }: Props) {
  const selected = useEditorState<number | null>(editor, (state) => state.selected, null);
  return (
    <div className={classes.root} role="toolbar" aria-label="Tool options">
      <Steps editor={editor} readOnly={readOnly} />
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
              onClick={() => editor && shape.run(editor)}
            >
              <shape.icon size={18} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        ))}
      </div>
    </div>
  );
}

function Steps({ editor, readOnly }: Omit<Props, 'assistant'>) {
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
          onClick={() => editor?.undo()}
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
          onClick={() => editor?.redo()}
        >
          <IconArrowForwardUp size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
