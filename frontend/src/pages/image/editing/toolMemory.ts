import {
  blacksOut,
  type Editor,
  type RadiusOption,
  TOOL_OPTIONS_DEFAULT,
  type ToolName,
  type ToolOptions,
} from '../../../editor';

const KEY = 'sonoloop.editor.options';

/** Tool settings are kept between visits; unreadable stored values fall back to the defaults. */
export function readOptions(stored: string | null): ToolOptions {
  let value: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(stored ?? '{}');
    if (typeof parsed === 'object' && parsed !== null) value = parsed as Record<string, unknown>;
  } catch {
    return TOOL_OPTIONS_DEFAULT;
  }
  const size = (name: RadiusOption) => {
    const wanted = value[name];
    return typeof wanted === 'number' && wanted >= 0.5 && wanted <= 200
      ? wanted
      : TOOL_OPTIONS_DEFAULT[name];
  };
  return {
    ...TOOL_OPTIONS_DEFAULT,
    radius: size('radius'),
    nudgeRadius: size('nudgeRadius'),
    scribbleRadius: size('scribbleRadius'),
    wandRadius: size('wandRadius'),
    pressure: typeof value.pressure === 'boolean' ? value.pressure : TOOL_OPTIONS_DEFAULT.pressure,
  };
}

/** The tool is kept from image to image; a new visit starts with looking. */
let tool: ToolName = 'select';
let options = readOptions(localStorage.getItem(KEY));

/**
 * The tool and options with which the next image's editor starts. The mode is always to add:
 * unexpected subtracting destroys work.
 */
export function rememberedTool(): { tool: ToolName; options: ToolOptions } {
  return { tool, options: { ...options, mode: 'add', overwrite: false, scribble: 'lesion' } };
}

/** Tracks an editor's tool and options; returns a function that stops it. */
export function rememberTool(editor: Editor): () => void {
  return editor.state.subscribe(() => {
    const state = editor.state.get();
    // The black-out tools are never preselected.
    if (!blacksOut(state.tool)) tool = state.tool;
    if (state.options === options) return;
    options = state.options;
    localStorage.setItem(KEY, JSON.stringify(options));
  });
}
