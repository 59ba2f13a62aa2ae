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
import { type EditorCommand, KEYMAP, type ToolName } from '../../../editor';

export type Icon = ComponentType<{ size?: number; stroke?: number }>;

export interface ToolEntry {
  tool: ToolName;
  command: EditorCommand;
  label: string;
  icon: Icon;
  /** Reads only, so it also works where the drawing must not change. */
  reads?: boolean;
  /** Blacks out for good; for those who may, whatever may be drawn. */
  redacts?: boolean;
}

export interface ToolGroup {
  title: string;
  tools: readonly ToolEntry[];
}

/** The tools in the order of the rail. */
export const TOOLSET: readonly ToolGroup[] = [
  {
    title: 'View',
    tools: [
      { tool: 'select', command: 'tool-select', label: 'Select', icon: IconPointer, reads: true },
      {
        tool: 'pan',
        command: 'tool-pan',
        label: 'Move the image',
        icon: IconHandStop,
        reads: true,
      },
      {
        tool: 'window',
        command: 'tool-window',
        label: 'Brightness and contrast',
        icon: IconContrast2,
        reads: true,
      },
    ],
  },
  {
    title: 'Draw',
    tools: [
      { tool: 'brush', command: 'tool-brush', label: 'Brush', icon: IconBrush },
      { tool: 'eraser', command: 'tool-eraser', label: 'Eraser', icon: IconEraser },
      { tool: 'polygon', command: 'tool-polygon', label: 'Polygon', icon: IconPolygon },
      { tool: 'lasso', command: 'tool-lasso', label: 'Freehand lasso', icon: IconLasso },
      {
        tool: 'scissors',
        command: 'tool-scissors',
        label: 'Scissors along the edge',
        icon: IconScissors,
      },
      {
        tool: 'points',
        command: 'tool-points',
        label: 'Points of the outline',
        icon: IconVectorSpline,
      },
      { tool: 'nudge', command: 'tool-nudge', label: 'Nudge the boundary', icon: IconRipple },
      {
        tool: 'fill-hole',
        command: 'tool-fill-hole',
        label: 'Fill a hole',
        icon: IconBucketDroplet,
      },
      {
        tool: 'remove-island',
        command: 'tool-remove-island',
        label: 'Remove a stray area',
        icon: IconCircleMinus,
      },
    ],
  },
  {
    title: 'Assist',
    tools: [
      {
        tool: 'scribble',
        command: 'tool-scribble-lesion',
        label: 'Refine by scribbles',
        icon: IconScribble,
      },
      { tool: 'seeds', command: 'tool-seeds', label: 'Grow from scribbles', icon: IconSeedling },
      { tool: 'wand', command: 'tool-wand', label: 'Wand', icon: IconWand },
      { tool: 'box', command: 'tool-box', label: 'Box around a missed lesion', icon: IconMarquee2 },
    ],
  },
  {
    title: 'Measure',
    tools: [
      { tool: 'ruler', command: 'tool-ruler', label: 'Ruler', icon: IconRuler2, reads: true },
      {
        tool: 'calipers',
        command: 'tool-calipers',
        label: 'Calipers',
        icon: IconRulerMeasure,
        reads: true,
      },
      {
        tool: 'ellipse',
        command: 'tool-ellipse',
        label: 'Ellipse',
        icon: IconOvalVertical,
        reads: true,
      },
      { tool: 'angle', command: 'tool-angle', label: 'Angle', icon: IconAngle, reads: true },
      {
        tool: 'depth',
        command: 'tool-depth',
        label: 'Depth',
        icon: IconArrowBarToDown,
        reads: true,
      },
      {
        tool: 'volume',
        command: 'tool-volume',
        label: 'Volume of three axes',
        icon: IconSphere,
        reads: true,
      },
    ],
  },
  {
    title: 'Black out',
    tools: [
      {
        tool: 'black-box',
        command: 'tool-black-box',
        label: 'Black box',
        icon: IconSquareFilled,
        redacts: true,
      },
      {
        tool: 'black-polygon',
        command: 'tool-black-polygon',
        label: 'Black polygon',
        icon: IconHexagonFilled,
        redacts: true,
      },
    ],
  },
];

/** The key of a command as the tooltip shows it. */
export function keyOf(command: EditorCommand): string {
  return KEYMAP.find((binding) => binding.command === command)?.shown.split(' ')[0] ?? '';
}

export function toolEntry(tool: ToolName): ToolEntry | undefined {
  return TOOLSET.flatMap(({ tools }) => tools).find((entry) => entry.tool === tool);
}
