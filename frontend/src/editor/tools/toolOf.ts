import { WindowTool } from '../../viewer/tools';
import type { ToolName } from '../state';
import { BrushTool, ScribbleTool } from './brush';
import { BoxTool, FillHoleTool, RemoveIslandTool, SelectTool } from './clicks';
import type { EditorTool, EditorToolContext } from './context';
import { HandTool } from './hand';
import { CalipersTool, RulerTool } from './measuring';
import { NudgeTool } from './nudge';
import { LassoTool, PolygonTool } from './outline';

const MAKE: Record<ToolName, (context: EditorToolContext) => EditorTool> = {
  select: (context) => new SelectTool(context),
  brush: (context) => new BrushTool(context),
  eraser: (context) => new BrushTool(context, true),
  polygon: (context) => new PolygonTool(context),
  lasso: (context) => new LassoTool(context),
  nudge: (context) => new NudgeTool(context),
  'fill-hole': (context) => new FillHoleTool(context),
  'remove-island': (context) => new RemoveIslandTool(context),
  box: (context) => new BoxTool(context),
  scribble: (context) => new ScribbleTool(context),
  ruler: (context) => new RulerTool(context),
  calipers: (context) => new CalipersTool(context),
  pan: (context) => new HandTool(context),
  window: (context) => new WindowTool(context),
};

export function toolOf(name: ToolName, context: EditorToolContext): EditorTool {
  return MAKE[name](context);
}
