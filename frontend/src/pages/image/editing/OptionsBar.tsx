import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import {
  IconArrowBackUp,
  IconArrowForwardUp,
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconBucketDroplet,
  IconGrain,
  IconPlus,
  IconTrash,
  IconWaveSine,
} from '@tabler/icons-react';
import { memo, type RefObject } from 'react';
import { useOwnKeys, withKey } from '../../../app/ownKeys';
import { lazily } from '../../../components/lazily';
import { Tooltip } from '../../../components/Tooltip';
import { useEditorState, useStore } from '../../../editing/useEditorState';
import {
  type Blackout,
  blacksOut,
  type Editor,
  type EditorCommand,
  type EditorView,
  type ToolName,
} from '../../../editor';
import { withWords } from '../../../language/withWords';
import { BlackoutOptions } from '../redaction/BlackoutOptions';
import type { Redaction } from '../redaction/useRedaction';
import type { Assistant } from './assistant';
import classes from './OptionsBar.module.css';
import { ariaKeysOf, type Icon, keyOf } from './toolset';

/** No tool is selected at first. */
const ToolOptionsPart = lazily(
  async () => (await withWords('panels', () => import('./ToolOptionsPart'))).ToolOptionsPart,
);

const SHAPES: readonly { label: string; command: EditorCommand; icon: Icon }[] = [
  { label: t`Smooth the outline`, command: 'smooth', icon: IconWaveSine },
  { label: t`Grow by a pixel`, command: 'grow', icon: IconArrowsMaximize },
  { label: t`Shrink by a pixel`, command: 'shrink', icon: IconArrowsMinimize },
  { label: t`Fill all holes`, command: 'fill-holes', icon: IconBucketDroplet },
  { label: t`Remove small stray areas`, command: 'remove-islands', icon: IconGrain },
];

interface Props {
  editor: Editor | null;
  view: RefObject<EditorView | null>;
  assistant: Assistant | null;
  /** Why the drawing cannot be changed; null if it can. */
  refusal: string | null;
  redaction: Redaction;
}

/** Undo and redo, the options of the tool, and commands for the selected lesion. */
export const OptionsBar = memo(function OptionsBar(props: Props) {
  const { editor, view, assistant, refusal, redaction } = props;
  const readOnly = refusal !== null;
  useOwnKeys();
  const selected = useEditorState<number | null>(editor, (state) => state.selected, null);
  const tool = useEditorState<ToolName>(editor, (state) => state.tool, 'select');
  const blackens = blacksOut(tool);
  return (
    <div className={classes.root} role="toolbar" aria-label={t`Tool options`}>
      {blackens ? (
        <BlackoutSteps blackout={redaction.blackout} view={view} />
      ) : (
        <Steps editor={editor} view={view} readOnly={readOnly} />
      )}
      <i className={classes.divider} />
      <div className={classes.options}>
        {editor ? (
          <>
            {blackens ? <BlackoutOptions redaction={redaction} /> : null}
            {readOnly && !blackens ? (
              <span className={classes.refusal}>{refusal}</span>
            ) : tool === 'select' ? (
              <span className={classes.hint}>
                <span>
                  <Trans>Click a lesion to select it</Trans>
                </span>
              </span>
            ) : (
              <ToolOptionsPart editor={editor} view={view} assistant={assistant} />
            )}
          </>
        ) : null}
      </div>
      {tool === 'select' && !readOnly ? (
        <div className={classes.quick} data-quick>
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={16} stroke={1.7} />}
            disabled={!editor}
            onClick={() => view.current?.run('new-lesion')}
          >
            <Trans>New lesion</Trans>
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            leftSection={<IconTrash size={16} stroke={1.7} />}
            disabled={selected === null}
            onClick={() => view.current?.run('delete-lesion')}
          >
            <Trans>Delete lesion</Trans>
          </Button>
        </div>
      ) : null}
      <div className={classes.shapes}>
        {SHAPES.map((shape) => (
          <Tooltip key={shape.command} label={withKey(shape.label, keyOf(shape.command))}>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={shape.label}
              aria-keyshortcuts={ariaKeysOf(shape.command)}
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

function Steps({ editor, view, readOnly }: Pick<Props, 'editor' | 'view'> & { readOnly: boolean }) {
  const undo = useEditorState<string | null>(editor, (state) => state.undoName, null);
  const redo = useEditorState<string | null>(editor, (state) => state.redoName, null);
  return <StepButtons undo={readOnly ? null : undo} redo={readOnly ? null : redo} view={view} />;
}

/** Black boxes have their own undo history. */
function BlackoutSteps({ blackout, view }: { blackout: Blackout; view: Props['view'] }) {
  const undo = useStore(blackout.state, (state) => state.canUndo, false);
  const redo = useStore(blackout.state, (state) => state.canRedo, false);
  return (
    <StepButtons undo={undo ? t`Black box` : null} redo={redo ? t`Black box` : null} view={view} />
  );
}

function StepButtons(props: { undo: string | null; redo: string | null; view: Props['view'] }) {
  const { undo, redo, view } = props;
  return (
    <div className={classes.steps}>
      <Tooltip label={undo ? withKey(t`Undo ${undo}`, keyOf('undo')) : t`Nothing to undo`}>
        <Button
          className={classes.undo}
          variant="subtle"
          color="gray"
          size="compact-sm"
          aria-label={undo ? t`Undo ${undo}` : t`Undo`}
          aria-keyshortcuts={ariaKeysOf('undo')}
          disabled={!undo}
          onClick={() => view.current?.run('undo')}
          leftSection={<IconArrowBackUp size={18} stroke={1.6} />}
        >
          {undo ?? t`Undo`}
        </Button>
      </Tooltip>
      <Tooltip label={redo ? withKey(t`Redo ${redo}`, keyOf('redo')) : t`Nothing to redo`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size={36}
          aria-label={redo ? t`Redo ${redo}` : t`Redo`}
          aria-keyshortcuts={ariaKeysOf('redo')}
          disabled={!redo}
          onClick={() => view.current?.run('redo')}
        >
          <IconArrowForwardUp size={18} stroke={1.6} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
