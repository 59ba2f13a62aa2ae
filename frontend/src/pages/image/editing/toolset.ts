import { t } from '@lingui/core/macro';
import {
  IconAngle,
  IconArrowBarToDown,
  IconBrush,
  IconBucketDroplet,
  IconCircleMinus,
  IconContrast2,
  IconEraser,
  IconHandStop,
  IconHexagonFilled,
  IconLasso,
  IconMarquee2,
  IconOvalVertical,
  IconPointer,
  IconPolygon,
  IconRipple,
  IconRuler2,
  IconRulerMeasure,
  IconScissors,
  IconScribble,
  IconSeedling,
  IconSphere,
  IconSquareFilled,
  IconVectorSpline,
  IconWand,
} from '@tabler/icons-react';
import type { ComponentType } from 'react';
import { ariaKey, keyName, keysNow } from '../../../app/ownKeys';
import { type EditorCommand, KEYMAP, type KeyBinding, type ToolName } from '../../../editor';

export type Icon = ComponentType<{ size?: number; stroke?: number }>;

export interface ToolEntry {
  tool: ToolName;
  command: EditorCommand;
  label: string;
  icon: Icon;
  /** Only reads, so it also works if the drawing must not change. */
  reads?: boolean;
  /** Blacks out permanently; for people with that right, even if they must not draw. */
  redacts?: boolean;
}

export interface ToolGroup {
  title: string;
  tools: readonly ToolEntry[];
}

/** The tools in the order of the rail. */
export const TOOLSET: readonly ToolGroup[] = [
  {
    title: t`View`,
    tools: [
      { tool: 'select', command: 'tool-select', label: t`Select`, icon: IconPointer, reads: true },
      {
        tool: 'pan',
        command: 'tool-pan',
        label: t`Move the image`,
        icon: IconHandStop,
        reads: true,
      },
      {
        tool: 'window',
        command: 'tool-window',
        label: t`Brightness and contrast`,
        icon: IconContrast2,
        reads: true,
      },
    ],
  },
  {
    title: t`Draw`,
    tools: [
      { tool: 'brush', command: 'tool-brush', label: t`Brush`, icon: IconBrush },
      { tool: 'eraser', command: 'tool-eraser', label: t`Eraser`, icon: IconEraser },
      { tool: 'polygon', command: 'tool-polygon', label: t`Polygon`, icon: IconPolygon },
      { tool: 'lasso', command: 'tool-lasso', label: t`Freehand lasso`, icon: IconLasso },
      {
        tool: 'scissors',
        command: 'tool-scissors',
        label: t`Scissors along the edge`,
        icon: IconScissors,
      },
      {
        tool: 'points',
        command: 'tool-points',
        label: t`Points of the outline`,
        icon: IconVectorSpline,
      },
      { tool: 'nudge', command: 'tool-nudge', label: t`Nudge the boundary`, icon: IconRipple },
      {
        tool: 'fill-hole',
        command: 'tool-fill-hole',
        label: t`Fill a hole`,
        icon: IconBucketDroplet,
      },
      {
        tool: 'remove-island',
        command: 'tool-remove-island',
        label: t`Remove a stray area`,
        icon: IconCircleMinus,
      },
    ],
  },
  {
    title: t`Assist`,
    tools: [
      {
        tool: 'scribble',
        command: 'tool-scribble-lesion',
        label: t`Refine by scribbles`,
        icon: IconScribble,
      },
      { tool: 'seeds', command: 'tool-seeds', label: t`Grow from scribbles`, icon: IconSeedling },
      { tool: 'wand', command: 'tool-wand', label: t`Wand`, icon: IconWand },
      {
        tool: 'box',
        command: 'tool-box',
        label: t`Click or box a missed lesion`,
        icon: IconMarquee2,
      },
    ],
  },
  {
    title: t`Measure`,
    tools: [
      { tool: 'ruler', command: 'tool-ruler', label: t`Ruler`, icon: IconRuler2, reads: true },
      {
        tool: 'calipers',
        command: 'tool-calipers',
        label: t`Calipers`,
        icon: IconRulerMeasure,
        reads: true,
      },
      {
        tool: 'ellipse',
        command: 'tool-ellipse',
        label: t`Ellipse`,
        icon: IconOvalVertical,
        reads: true,
      },
      { tool: 'angle', command: 'tool-angle', label: t`Angle`, icon: IconAngle, reads: true },
      {
        tool: 'depth',
        command: 'tool-depth',
        label: t`Depth`,
        icon: IconArrowBarToDown,
        reads: true,
      },
      {
        tool: 'volume',
        command: 'tool-volume',
        label: t`Volume of three axes`,
        icon: IconSphere,
        reads: true,
      },
    ],
  },
  {
    title: t`Black out`,
    tools: [
      {
        tool: 'black-box',
        command: 'tool-black-box',
        label: t`Black box`,
        icon: IconSquareFilled,
        redacts: true,
      },
      {
        tool: 'black-polygon',
        command: 'tool-black-polygon',
        label: t`Black polygon`,
        icon: IconHexagonFilled,
        redacts: true,
      },
    ],
  },
];

const keysOf = (command: EditorCommand): readonly string[] => {
  const binding = KEYMAP.find((one) => one.command === command);
  return binding ? editorKeys(binding) : [];
};

/** The keys of an editor command for this person. */
export const editorKeys = (binding: KeyBinding): readonly string[] =>
  keysNow({ id: binding.command, keys: binding.keys, fixed: binding.fixed });

/** The first key of a command as shown in the tooltip; empty if it has none. */
export const keyOf = (command: EditorCommand): string => keyName(keysOf(command)[0] ?? '');

/** The keys in the format of `aria-keyshortcuts`. */
export const ariaKeysOf = (command: EditorCommand): string =>
  keysOf(command).map(ariaKey).join(' ');

export function toolEntry(tool: ToolName): ToolEntry | undefined {
  return TOOLSET.flatMap(({ tools }) => tools).find((entry) => entry.tool === tool);
}
