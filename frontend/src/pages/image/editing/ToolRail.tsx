import { ActionIcon, Tooltip } from '@mantine/core';
import { type Editor, TOOL_OPTIONS_DEFAULT, type ToolName } from '../../../editor';
import classes from './ToolRail.module.css';
import { keyOf, TOOLSET, type ToolEntry } from './toolset';
import { useEditorState } from './useEditorState';

interface Props {
  editor: Editor | null;
  readOnly: boolean;
}

/** All tools, always in sight; what the chosen one can do is in the bar above the image. */
export function ToolRail({ editor, readOnly }: Props) {
  const tool = useEditorState<ToolName | null>(editor, (state) => state.tool, null);
  const choose = (entry: ToolEntry) => {
    if (!editor) return;
    if (entry.tool === 'scribble') editor.setOptions({ scribble: TOOL_OPTIONS_DEFAULT.scribble });
    editor.setTool(entry.tool);
  };
  return (
    <div className={classes.root} role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {TOOLSET.map((group) => (
        <div key={group[0]?.tool} className={classes.group}>
          {group.map((entry) => (
            <Tooltip
              key={entry.tool}
              label={`${entry.label} (${keyOf(entry.command)})`}
              position="right"
            >
              <ActionIcon
                className={classes.tool}
                variant="subtle"
                color="gray"
                size={40}
                aria-label={entry.label}
                aria-pressed={tool === entry.tool}
                aria-keyshortcuts={keyOf(entry.command)}
                disabled={!editor || (readOnly && !entry.reads)}
                onClick={() => choose(entry)}
              >
                <entry.icon size={20} stroke={1.6} />
              </ActionIcon>
            </Tooltip>
          ))}
        </div>
      ))}
    </div>
  );
}
