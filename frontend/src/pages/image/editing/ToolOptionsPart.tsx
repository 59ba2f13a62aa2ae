import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, Loader, SegmentedControl, Slider } from '@mantine/core';
import { IconMinus, IconPlus } from '@tabler/icons-react';
import type { RefObject } from 'react';
import { withKey } from '../../../app/ownKeys';
import { useEditorState, useStore } from '../../../editing/useEditorState';
import {
  commands,
  type Editor,
  type EditorView,
  type RadiusOption,
  radiusOption,
  TOOL_OPTIONS_DEFAULT,
  type ToolName,
  type ToolOptions,
  type WandKind,
} from '../../../editor';
import { fixed } from '../../../language/language';
import type { Assistant } from './assistant';
import classes from './OptionsBar.module.css';
import { type Icon, keyOf } from './toolset';

interface Props {
  editor: Editor;
  view: RefObject<EditorView | null>;
  assistant: Assistant | null;
}

const ADDS_OR_SUBTRACTS: readonly ToolName[] = ['brush', 'polygon', 'lasso', 'scissors', 'wand'];
const PAINTS: readonly ToolName[] = [
  'brush',
  'eraser',
  'polygon',
  'lasso',
  'points',
  'scissors',
  'wand',
];

/** The options of a tool that draws or measures. */
export function ToolOptionsPart(props: Props) {
  const { editor, assistant } = props;
  const tool = useEditorState<ToolName>(editor, (state) => state.tool, 'select');
  const options = useEditorState(editor, (state) => state.options, TOOL_OPTIONS_DEFAULT);
  const radius = radiusOption(tool);
  return (
    <>
      {ADDS_OR_SUBTRACTS.includes(tool) ? (
        <SegmentedControl
          size="xs"
          className={classes.mode}
          data-short={tool === 'wand' || undefined}
          aria-label={withKey(t`Add or subtract`, keyOf('switch-mode'))}
          data={[
            { value: 'add', label: <Mode text={t`Add`} icon={IconPlus} /> },
            { value: 'subtract', label: <Mode text={t`Subtract`} icon={IconMinus} /> },
          ]}
          value={options.mode}
          onChange={(mode) => editor.setOptions({ mode: mode as ToolOptions['mode'] })}
        />
      ) : null}
      {tool === 'scribble' || tool === 'seeds' ? (
        <SegmentedControl
          size="xs"
          aria-label={t`Scribble type`}
          data={[
            { value: 'lesion', label: t`Lesion` },
            { value: 'not-lesion', label: t`Not lesion` },
          ]}
          value={options.scribble}
          onChange={(kind) => editor.setOptions({ scribble: kind as ToolOptions['scribble'] })}
        />
      ) : null}
      {tool === 'wand' ? <Wand editor={editor} options={options} /> : null}
      {radius ? <Size editor={editor} name={radius} radius={options[radius]} /> : null}
      {PAINTS.includes(tool) ? (
        <Checkbox
          size="xs"
          className={classes.over}
          label={t`Over other lesions`}
          title={t`Drawing also replaces pixels of other lesions`}
          checked={options.overwrite}
          onChange={(event) => editor.setOptions({ overwrite: event.currentTarget.checked })}
        />
      ) : null}
      {tool === 'brush' || tool === 'eraser' ? (
        <Checkbox
          size="xs"
          label={t`Pressure`}
          title={t`Light pen pressure draws a thinner stroke`}
          checked={options.pressure}
          onChange={(event) => editor.setOptions({ pressure: event.currentTarget.checked })}
        />
      ) : null}
      {tool === 'points' ? (
        <Button
          size="compact-xs"
          variant="default"
          aria-keyshortcuts="Backspace"
          onClick={() => props.view.current?.run('remove-point')}
        >
          <Trans>Remove point</Trans>
        </Button>
      ) : null}
      {tool === 'seeds' ? <Seeds editor={editor} view={props.view} /> : null}
      {tool === 'scribble' ? <Scribbles editor={editor} assistant={assistant} /> : null}
      {tool === 'box' ? <Working assistant={assistant} text={t`Looking for its outline…`} /> : null}
      <Hint tool={tool} />
    </>
  );
}

/** As text, or as an icon if the bar has no room for it. */
function Mode({ text, icon: Sign }: { text: string; icon: Icon }) {
  return (
    <span title={text}>
      <span className={classes.word}>{text}</span>
      <span className={classes.sign}>
        <Sign size={14} stroke={2} />
      </span>
    </span>
  );
}

/** Small radii need fine steps and large ones coarse steps, so the slider is logarithmic. */
const toSlider = (radius: number) => Math.round(Math.log2(radius * 2) * 20);
const fromSlider = (value: number) => Math.round(2 ** (value / 20)) / 2;
const SLIDER_MAX = toSlider(100);

function Size({ editor, name, radius }: { editor: Editor; name: RadiusOption; radius: number }) {
  const { spacing } = editor;
  const diameter = radius * 2;
  const [smaller, larger] = [keyOf('smaller'), keyOf('larger')];
  const mm = spacing ? ` · ${fixed(diameter * spacing.column, 1)} mm` : '';
  return (
    <div className={classes.size}>
      <Slider
        className={classes.slider}
        size={4}
        thumbSize={16}
        label={null}
        thumbLabel={t`Diameter of the tool, keys ${smaller} and ${larger}`}
        min={0}
        max={SLIDER_MAX}
        value={Math.min(SLIDER_MAX, toSlider(radius))}
        onChange={(value) => editor.setOptions({ [name]: fromSlider(value) })}
      />
      <span className={classes.figure}>
        <Trans>
          {diameter} px{mm}
        </Trans>
      </span>
    </div>
  );
}

function Scribbles({ editor, assistant }: { editor: Editor; assistant: Assistant | null }) {
  const scribbled = useEditorState(editor, (state) => state.scribbled, 0);
  const pending = useStore(assistant?.state ?? null, (state) => state.pending, null);
  return (
    <>
      {scribbled > 0 && !pending ? (
        <>
          <Button size="compact-xs" variant="light" onClick={() => assistant?.refine()}>
            <Trans>Refine again</Trans>
          </Button>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => commands.clearScribbles(editor)}
          >
            <Trans>Clear scribbles</Trans>
          </Button>
        </>
      ) : null}
      <Working assistant={assistant} text={t`Refining…`} />
    </>
  );
}

const WAND_KINDS: { value: WandKind; label: string; title: string }[] = [
  { value: 'connected', label: t`Connected`, title: t`Connected pixels of similar grey` },
  { value: 'level', label: t`Level`, title: t`The area within the line of equal grey` },
  { value: 'all', label: t`Threshold`, title: t`All pixels of similar grey in the circle` },
];

function Wand({ editor, options }: { editor: Editor; options: ToolOptions }) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={t`What the wand selects`}
      data={WAND_KINDS.map(({ value, label, title }) => ({
        value,
        label: <span title={title}>{label}</span>,
      }))}
      value={options.wand}
      onChange={(wand) => editor.setOptions({ wand: wand as WandKind })}
    />
  );
}

/** Buttons to accept or discard the grown region. */
function Seeds({ editor, view }: { editor: Editor; view: Props['view'] }) {
  const scribbled = useEditorState(editor, (state) => state.scribbled, 0);
  if (scribbled === 0) return null;
  return (
    <>
      <Button
        size="compact-xs"
        variant="light"
        aria-keyshortcuts="Enter"
        onClick={() => view.current?.run('close')}
      >
        <Trans>Accept (Enter)</Trans>
      </Button>
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        onClick={() => commands.clearScribbles(editor)}
      >
        <Trans>Clear scribbles</Trans>
      </Button>
    </>
  );
}

function Working({ assistant, text }: { assistant: Assistant | null; text: string }) {
  const slow = useStore(assistant?.state ?? null, (state) => state.slow, false);
  return (
    <span className={classes.working} role="status">
      {slow ? (
        <>
          <Loader size={14} aria-hidden="true" />
          {text}
          <Button size="compact-xs" variant="subtle" onClick={() => assistant?.cancel()}>
            <Trans>Cancel (Esc)</Trans>
          </Button>
        </>
      ) : null}
    </span>
  );
}

const HINTS: Partial<Record<ToolName, string>> = {
  pan: t`Drag to move, wheel to zoom`,
  window: t`Drag right for contrast, up for brightness`,
  polygon: t`Click points. Enter closes, ⌫ removes the last one`,
  lasso: t`Drag around an area. Hold ⇧ to switch between add and subtract`,
  scissors: t`Click along the edge; the line follows it. Enter closes, ⌫ removes the last point`,
  wand: t`Click to take. Press and drag right for more, left for less`,
  seeds: t`Scribble on the lesion and beside it, then accept the grown area`,
  points: t`Drag points; press the line for a new one. ⇧ and click, or ⌫, removes one`,
  nudge: t`Push the boundary from inside or outside`,
  'fill-hole': t`Click inside a hole`,
  'remove-island': t`Click the part to remove`,
  scribble: t`Scribble on what is lesion and on what is not`,
  box: t`Click inside a missed lesion, or drag a box around it`,
  'black-box': t`Drag boxes over what must not be visible`,
  'black-polygon': t`Click points around it. Enter closes, ⌫ removes the last one`,
  ruler: t`Drag from end to end`,
  ellipse: t`Drag the long axis, then the short one`,
  angle: t`Drag from the corner along one side, then press on the other side`,
  depth: t`Press a place to measure its depth below the first echo above it`,
  volume: t`Drag three axes, the third one mostly in the other view: π/6 · a · b · c`,
  calipers: t`Drag the long axis, then the short one`,
};

function Hint({ tool }: { tool: ToolName }) {
  const text = HINTS[tool];
  if (!text) return null;
  return (
    <span className={classes.hint} title={text}>
      <span>{text}</span>
    </span>
  );
}
