import type { Camera } from '../viewer/camera';
import * as commands from './commands';
import type { Editor } from './editor';
import type { EditorCommand } from './keymap';
import { blacksOut, type ToolName } from './state';
import type { EditorTool } from './tools/context';

/** Islands smaller than this are noise of a stroke; larger ones are removed manually. */
export const SMALL_ISLAND_PX = 50;
/** Factor of one press of a size key. */
const SIZE_STEP = 1.15;

const TOOLS: Partial<Record<EditorCommand, ToolName>> = {
  'tool-select': 'select',
  'tool-brush': 'brush',
  'tool-eraser': 'eraser',
  'tool-polygon': 'polygon',
  'tool-lasso': 'lasso',
  'tool-scissors': 'scissors',
  'tool-points': 'points',
  'tool-wand': 'wand',
  'tool-seeds': 'seeds',
  'tool-nudge': 'nudge',
  'tool-fill-hole': 'fill-hole',
  'tool-remove-island': 'remove-island',
  'tool-box': 'box',
  'tool-black-box': 'black-box',
  'tool-black-polygon': 'black-polygon',
  'tool-ruler': 'ruler',
  'tool-calipers': 'calipers',
  'tool-ellipse': 'ellipse',
  'tool-angle': 'angle',
  'tool-depth': 'depth',
  'tool-volume': 'volume',
  'tool-pan': 'pan',
  'tool-window': 'window',
};

/** Runs a command that is not for the crosshair. @returns whether there was something to do */
export function runCommand(
  editor: Editor,
  tool: EditorTool,
  camera: Camera,
  command: EditorCommand,
): boolean {
  const name = TOOLS[command];
  if (name) {
    editor.setTool(name);
    return true;
  }
  switch (command) {
    case 'tool-scribble-lesion':
    case 'tool-scribble-not-lesion':
      editor.setTool('scribble');
      editor.setOptions({
        scribble: command === 'tool-scribble-lesion' ? 'lesion' : 'not-lesion',
      });
      return true;
    case 'smaller':
      editor.resizeTool(1 / SIZE_STEP);
      return true;
    case 'larger':
      editor.resizeTool(SIZE_STEP);
      return true;
    case 'switch-mode': {
      if (editor.state.get().tool === 'seeds') {
        const { scribble } = editor.state.get().options;
        editor.setOptions({ scribble: scribble === 'lesion' ? 'not-lesion' : 'lesion' });
        return true;
      }
      const { mode } = editor.state.get().options;
      editor.setOptions({ mode: mode === 'add' ? 'subtract' : 'add' });
      return true;
    }
    case 'undo':
    case 'redo':
      if (blacksOut(editor.state.get().tool)) editor.blackout[command]();
      else editor[command]();
      return true;
    case 'next-lesion':
      return nextLesion(editor, camera);
    case 'flicker':
    case 'split': {
      const { comparison } = editor.state.get();
      editor.setComparison({ mode: comparison.mode === command ? 'after' : command });
      return true;
    }
    case 'close':
      return tool.close?.() ?? false;
    case 'remove-point':
      return tool.removePoint?.() ?? false;
    case 'cancel': {
      const busy = tool.busy === true || editor.state.get().stroking;
      tool.cancel();
      return busy;
    }
    default:
      return change(editor, command);
  }
}

function change(editor: Editor, command: EditorCommand): boolean {
  switch (command) {
    case 'new-lesion':
      beginLesion(editor);
      break;
    case 'delete-lesion':
      commands.deleteLesion(editor);
      break;
    case 'fill-holes':
      commands.fillHoles(editor);
      break;
    case 'remove-islands':
      commands.removeIslands(editor, SMALL_ISLAND_PX);
      break;
    case 'smooth':
      commands.smooth(editor);
      break;
    case 'grow':
      commands.grow(editor);
      break;
    case 'shrink':
      commands.shrink(editor);
      break;
    default:
      return false;
  }
  // The key was handled even if it changed nothing, so it must not reach the page.
  return true;
}

/** Tools that draw a lesion. */
const DRAWING: readonly ToolName[] = ['brush', 'polygon', 'lasso'];

/** Adds a lesion for the next stroke; selects the brush if the current tool draws no lesion. */
export function beginLesion(editor: Editor): boolean {
  const made = commands.newLesion(editor);
  if (made && !DRAWING.includes(editor.state.get().tool)) editor.setTool('brush');
  return made;
}

function nextLesion(editor: Editor, camera: Camera): boolean {
  const { lesions, selected } = editor.state.get();
  const at = lesions.findIndex(({ label }) => label === selected);
  const next = lesions[(at + 1) % lesions.length];
  if (!next) return true;
  editor.selectLesion(next.label);
  if (next.box) camera.reveal(next.box);
  return true;
}
