import type { Point } from '../../viewer/geometry';
import { WindowTool } from '../../viewer/tools';
import type { Area } from '../blackout';
import type { ToolName } from '../state';
import { BrushTool, ScribbleTool } from './brush';
import { BoxTool, FillHoleTool, RemoveIslandTool, SelectTool } from './clicks';
import type { EditorTool, EditorToolContext } from './context';
import { HandTool } from './hand';
import { AngleTool, AxesTool, DepthTool, RulerTool } from './measuring';
import { NudgeTool } from './nudge';
import { LassoTool, PolygonTool } from './outline';
import { PointsTool } from './points';
import { SeedsTool } from './seeds';
import { WandTool } from './wand';

/** A line of small letters is a few pixels high; a smaller box counts as accidental. */
const SMALLEST_BLACK_BOX = 2;

const MAKE: Record<ToolName, (context: EditorToolContext) => EditorTool> = {
  select: (context) => new SelectTool(context),
  brush: (context) => new BrushTool(context),
  eraser: (context) => new BrushTool(context, true),
  polygon: (context) => new PolygonTool(context),
  lasso: (context) => new LassoTool(context),
  scissors: (context) => new PolygonTool(context, { alongEdges: true }),
  wand: (context) => new WandTool(context),
  seeds: (context) => new SeedsTool(context),
  points: (context) => new PointsTool(context),
  nudge: (context) => new NudgeTool(context),
  'fill-hole': (context) => new FillHoleTool(context),
  'remove-island': (context) => new RemoveIslandTool(context),
  box: (context) =>
    new BoxTool(context, (box) => context.onBox(box), {
      clicked: (pixel) => context.onPoint(pixel),
    }),
  scribble: (context) => new ScribbleTool(context),
  'black-box': (context) =>
    new BoxTool(context, (box) => context.editor.blackout.add({ kind: 'rectangle', ...box }), {
      smallest: SMALLEST_BLACK_BOX,
    }),
  'black-polygon': (context) =>
    new PolygonTool(context, {
      done: (points) => void context.editor.blackout.add(insideFrame(context, points)),
    }),
  ruler: (context) => new RulerTool(context),
  calipers: (context) => new AxesTool(context, 'calipers'),
  ellipse: (context) => new AxesTool(context, 'ellipse'),
  volume: (context) => new AxesTool(context, 'volume'),
  angle: (context) => new AngleTool(context),
  depth: (context) => new DepthTool(context),
  pan: (context) => new HandTool(context),
  window: (context) => new WindowTool(context),
};

/** The server does not accept corners outside the frame. */
function insideFrame({ editor }: EditorToolContext, points: readonly Point[]): Area {
  const { width, height } = editor.map;
  const within = (value: number, most: number) =>
    Math.round(Math.max(0, Math.min(most, value)) * 100) / 100;
  return {
    kind: 'polygon',
    points: points.map(({ x, y }) => [within(x, width), within(y, height)]),
  };
}

export function toolOf(name: ToolName, context: EditorToolContext): EditorTool {
  return MAKE[name](context);
}
