/** All that a key or a button of the page can ask of the attached editor. */
export type EditorCommand =
  | 'tool-select'
  | 'tool-brush'
  | 'tool-eraser'
  | 'tool-polygon'
  | 'tool-lasso'
  | 'tool-scissors'
  | 'tool-points'
  | 'tool-wand'
  | 'tool-seeds'
  | 'tool-nudge'
  | 'tool-fill-hole'
  | 'tool-remove-island'
  | 'tool-box'
  | 'tool-scribble-lesion'
  | 'tool-scribble-not-lesion'
  | 'tool-black-box'
  | 'tool-black-polygon'
  | 'tool-ruler'
  | 'tool-calipers'
  | 'tool-ellipse'
  | 'tool-angle'
  | 'tool-depth'
  | 'tool-volume'
  | 'tool-pan'
  | 'tool-window'
  | 'smaller'
  | 'larger'
  | 'switch-mode'
  | 'new-lesion'
  | 'delete-lesion'
  | 'next-lesion'
  | 'fill-holes'
  | 'remove-islands'
  | 'smooth'
  | 'grow'
  | 'shrink'
  | 'undo'
  | 'redo'
  | 'flicker'
  | 'split'
  | 'crosshair-left'
  | 'crosshair-right'
  | 'crosshair-up'
  | 'crosshair-down'
  | 'press'
  | 'close'
  | 'remove-point'
  | 'cancel';

export interface KeyBinding {
  command: EditorCommand;
  /** KeyboardEvent.key values; "Mod+" before one means Ctrl, or ⌘ on a Mac. */
  keys: readonly string[];
  /** As the shortcut map shows it; the parts of a pair are separated by a space. */
  shown: string;
  description: string;
  group: 'Tools' | 'Outline' | 'Steps' | 'Compare' | 'Drawing by keyboard';
}

/**
 * Every key of the editor. `EditorView.key` and the shortcut map both read this table. It shares
 * no key with the viewer but those of `REPLACES_VIEWER`.
 */
export const KEYMAP: readonly KeyBinding[] = [
  tool('tool-select', 'v', 'Select a lesion'),
  tool('tool-brush', 'p', 'Brush'),
  tool('tool-eraser', 'e', 'Eraser'),
  tool('tool-polygon', 'g', 'Polygon'),
  tool('tool-lasso', 'a', 'Freehand lasso'),
  tool('tool-scissors', 'A', 'Scissors along the edge', '⇧a'),
  tool('tool-points', 'V', 'Points of the outline', '⇧v'),
  tool('tool-nudge', 'u', 'Nudge the boundary'),
  tool('tool-fill-hole', 'h', 'Fill a hole'),
  tool('tool-remove-island', 'x', 'Remove a stray area'),
  tool('tool-box', 'q', 'Box around a missed lesion'),
  tool('tool-scribble-lesion', 's', 'Scribble: lesion'),
  tool('tool-scribble-not-lesion', 'S', 'Scribble: not lesion', '⇧s'),
  tool('tool-black-box', 'Q', 'Black box', '⇧q'),
  tool('tool-black-polygon', 'G', 'Black polygon', '⇧g'),
  tool('tool-wand', 'W', 'Wand: what is as grey', '⇧w'),
  tool('tool-seeds', 'K', 'Grow from scribbles', '⇧k'),
  tool('tool-ruler', 'm', 'Ruler'),
  tool('tool-calipers', 'M', 'Calipers', '⇧m'),
  tool('tool-ellipse', 'E', 'Ellipse and its area', '⇧e'),
  tool('tool-angle', 'Y', 'Angle', '⇧y'),
  tool('tool-depth', 'D', 'Depth below the first echo', '⇧d'),
  tool('tool-volume', 'O', 'Volume of three axes', '⇧o'),
  tool('tool-pan', 't', 'Move the image'),
  tool('tool-window', 'w', 'Brightness and contrast'),
  outline('smaller', ['['], '[', 'Smaller tool'),
  outline('larger', [']'], ']', 'Larger tool'),
  outline('switch-mode', ['y'], 'y', 'Add or subtract'),
  outline('new-lesion', ['d'], 'd', 'New lesion'),
  outline('delete-lesion', ['Delete'], 'Del', 'Delete the lesion'),
  outline('next-lesion', ['l'], 'l', 'Next lesion'),
  outline('fill-holes', ['H'], '⇧h', 'Fill all holes'),
  outline('remove-islands', ['X'], '⇧x', 'Remove small stray areas'),
  outline('smooth', [';'], ';', 'Smooth'),
  outline('grow', ['.'], '.', 'Grow by a pixel'),
  outline('shrink', [','], ',', 'Shrink by a pixel'),
  { command: 'undo', keys: ['z', 'Mod+z'], shown: 'z Ctrl+z', description: 'Undo', group: 'Steps' },
  {
    command: 'redo',
    keys: ['Z', 'Mod+Z', 'Mod+y'],
    shown: '⇧z Ctrl+y',
    description: 'Redo',
    group: 'Steps',
  },
  {
    command: 'flicker',
    keys: ['F'],
    shown: '⇧f',
    description: 'Flicker between before and after',
    group: 'Compare',
  },
  {
    command: 'split',
    keys: ['C'],
    shown: '⇧c',
    description: 'Curtain between before and after',
    group: 'Compare',
  },
  byKeyboard('crosshair-left', ['ArrowLeft'], '← → ↑ ↓', 'Move the crosshair; ⇧ by 10 px'),
  byKeyboard('crosshair-right', ['ArrowRight'], '', ''),
  byKeyboard('crosshair-up', ['ArrowUp'], '', ''),
  byKeyboard('crosshair-down', ['ArrowDown'], '', ''),
  byKeyboard('press', [' '], 'Space', 'Start or end a stroke, place a point'),
  byKeyboard(
    'close',
    ['Enter'],
    'Enter',
    'Close the line, take what is previewed, go to the next point',
  ),
  byKeyboard('remove-point', ['Backspace'], '⌫', 'Remove the last point, or the one in hand'),
  byKeyboard('cancel', ['Escape'], 'Esc', 'Cancel what is being drawn'),
];

function tool(command: EditorCommand, key: string, description: string, shown = key): KeyBinding {
  return { command, keys: [key], shown, description, group: 'Tools' };
}

function outline(
  command: EditorCommand,
  keys: readonly string[],
  shown: string,
  description: string,
): KeyBinding {
  return { command, keys, shown, description, group: 'Outline' };
}

function byKeyboard(
  command: EditorCommand,
  keys: readonly string[],
  shown: string,
  description: string,
): KeyBinding {
  return { command, keys, shown, description, group: 'Drawing by keyboard' };
}

/**
 * Keys of the viewer that mean something else while editing. A page that attaches the editor
 * leaves these out of the viewer's shortcuts: arrows move the crosshair, Space draws, brackets
 * size the tool, Delete removes the lesion and never the image. Escape goes on to the page when
 * the editor had nothing to take back.
 */
export const REPLACES_VIEWER: readonly string[] = [
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  ' ',
  '[',
  ']',
  'Delete',
  'Escape',
  'l',
];

/** The command of a key press, or null. Alt and unlisted Ctrl combinations are the browser's. */
export function commandOf(
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): EditorCommand | null {
  if (event.altKey) return null;
  const mod = event.ctrlKey || event.metaKey;
  // With Caps Lock or Shift, Ctrl+Z comes as "Z" or "z" depending on the browser.
  const letter = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  const key = mod ? `Mod+${event.key.length === 1 ? letter : event.key}` : event.key;
  return KEYMAP.find(({ keys }) => keys.includes(key))?.command ?? null;
}
