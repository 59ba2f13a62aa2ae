import { t } from '@lingui/core/macro';
import { ActionIcon } from '@mantine/core';
import { memo, type RefObject } from 'react';
import { useOwnKeys, withKey } from '../../../app/ownKeys';
import { Tooltip } from '../../../components/Tooltip';
import { useEditorState } from '../../../editing/useEditorState';
import type { Editor, EditorView, ToolName } from '../../../editor';
import classes from './ToolRail.module.css';
import { ariaKeysOf, keyOf, TOOLSET, type ToolEntry } from './toolset';

interface Props {
  editor: Editor | null;
  view: RefObject<EditorView | null>;
  readOnly: boolean;
  /** The person may black out areas permanently. */
  redacts: boolean;
  /** A tool was selected; its effect is on the image. */
  onTool: () => void;
}

/** All tools, always visible; the options of the selected tool are in the bar above the image. */
export const ToolRail = memo(function ToolRail(props: Props) {
  const { editor, view, readOnly, redacts, onTool } = props;
  useOwnKeys();
  const tool = useEditorState<ToolName | null>(editor, (state) => state.tool, null);
  const take = (entry: ToolEntry) => {
    view.current?.run(entry.command);
    onTool();
  };
  return (
    <div className={classes.root} role="toolbar" aria-label={t`Tools`} aria-orientation="vertical">
      {TOOLSET.filter(({ tools }) => redacts || !tools[0]?.redacts).map(({ title, tools }) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
        <div key={title} className={classes.group} role="group" aria-label={title}>
          <span className={classes.title} aria-hidden="true">
            {title}
          </span>
          {tools.map((entry) => (
            <Tooltip
              key={entry.tool}
              label={withKey(entry.label, keyOf(entry.command))}
              position="right"
            >
              <ActionIcon
                className={classes.tool}
                variant="subtle"
                color="gray"
                size={40}
                aria-label={entry.label}
                aria-pressed={tool === entry.tool}
                aria-keyshortcuts={ariaKeysOf(entry.command)}
                disabled={!editor || (readOnly && !entry.reads && !entry.redacts)}
                onClick={() => take(entry)}
              >
                <entry.icon size={20} stroke={1.6} />
              </ActionIcon>
            </Tooltip>
          ))}
        </div>
      ))}
    </div>
  );
});
