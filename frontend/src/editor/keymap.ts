import { t } from '@lingui/core/macro';
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
  group: string;
}

/**
 * Every key of the editor. `EditorView.key` and the shortcut map both read this table. It shares
 * no key with the viewer but those of `REPLACES_VIEWER`.
 */
export const KEYMAP: readonly KeyBinding[] = [
  tool('tool-select', 'v', t`Select a lesion`),
  tool('tool-brush', 'p', t`Brush`),
  tool('tool-eraser', 'e', t`Eraser`),
  tool('tool-polygon', 'g', t`Polygon`),
  tool('tool-lasso', 'a', t`Freehand lasso`),
  tool('tool-scissors', 'A', t`Scissors along the edge`, '⇧a'),
  tool('tool-points', 'V', t`Points of the outline`, '⇧v'),
  tool('tool-nudge', 'u', t`Nudge the boundary`),
  tool('tool-fill-hole', 'h', t`Fill a hole`),
  tool('tool-remove-island', 'x', t`Remove a stray area`),
  tool('tool-box', 'q', t`Click or box a missed lesion`),
  tool('tool-scribble-lesion', 's', 'Scribble: lesion'),
  tool('tool-scribble-not-lesion', 'S', t`Scribble: not lesion`, '⇧s'),
  tool('tool-black-box', 'Q', t`Black box`, '⇧q'),
  tool('tool-black-polygon', 'G', t`Black polygon`, '⇧g'),
  tool('tool-wand', 'W', t`Wand: what is as grey`, '⇧w'),
  tool('tool-seeds', 'K', t`Grow from scribbles`, '⇧k'),
  tool('tool-ruler', 'm', t`Ruler`),
  tool('tool-calipers', 'M', t`Calipers`, '⇧m'),
  tool('tool-ellipse', 'E', t`Ellipse and its area`, '⇧e'),
  tool('tool-angle', 'Y', t`Angle`, '⇧y'),
  tool('tool-depth', 'D', t`Depth below the first echo`, '⇧d'),
  tool('tool-volume', 'O', t`Volume of three axes`, '⇧o'),
  tool('tool-pan', 't', t`Move the image`),
  tool('tool-window', 'w', t`Brightness and contrast`),
  outline('smaller', ['['], '[', t`Smaller tool`),
  outline('larger', [']'], ']', t`Larger tool`),
  outline('switch-mode', ['y'], 'y', t`Add or subtract`),
  outline('new-lesion', ['d'], 'd', t`New lesion`),
  outline('delete-lesion', ['Delete'], t`Del`, t`Delete the lesion`),
  outline('next-lesion', ['l'], 'l', t`Next lesion`),
  outline('fill-holes', ['H'], '⇧h', t`Fill all holes`),
  outline('remove-islands', ['X'], '⇧x', t`Remove small stray areas`),
  outline('smooth', [';'], ';', t`Smooth`),
  outline('grow', ['.'], '.', t`Grow by a pixel`),
  outline('shrink', [','], ',', t`Shrink by a pixel`),
  {
    command: 'undo',
    keys: ['z', 'Mod+z'],
    shown: 'z Ctrl+z',
    description: t`Undo`,
    group: t`Steps`,
  },
  {
    command: 'redo',
    keys: ['Z', 'Mod+Z', 'Mod+y'],
    shown: '⇧z Ctrl+y',
    description: t`Redo`,
    group: t`Steps`,
  },
  {
    command: 'flicker',
    keys: ['F'],
    shown: '⇧f',
    description: t`Flicker between before and after`,
    group: t`Compare`,
  },
  {
    command: 'split',
    keys: ['C'],
    shown: '⇧c',
    description: t`Curtain between before and after`,
    group: t`Compare`,
  },
  byKeyboard('crosshair-left', ['ArrowLeft'], '← → ↑ ↓', t`Move the crosshair; ⇧ by 10 px`),
  byKeyboard('crosshair-right', ['ArrowRight'], '', ''),
  byKeyboard('crosshair-up', ['ArrowUp'], '', ''),
  byKeyboard('crosshair-down', ['ArrowDown'], '', ''),
  byKeyboard('press', [' '], 'Space', t`Start or end a stroke, place a point`),
  byKeyboard(
    'close',
    ['Enter'],
    'Enter',
    t`Close the line, take what is previewed, go to the next point`,
  ),
  byKeyboard('remove-point', ['Backspace'], '⌫', t`Remove the last point, or the one in hand`),
  byKeyboard('cancel', ['Escape'], t`Esc`, t`Cancel what is being drawn`),
];

function tool(command: EditorCommand, key: string, description: string, shown = key): KeyBinding {
  return { command, keys: [key], shown, description, group: t`Tools` };
}

function outline(
  command: EditorCommand,
  keys: readonly string[],
  shown: string,
  description: string,
): KeyBinding {
  return { command, keys, shown, description, group: t`Outline` };
}

function byKeyboard(
  command: EditorCommand,
  keys: readonly string[],
  shown: string,
  description: string,
): KeyBinding {
  return { command, keys, shown, description, group: t`Drawing by keyboard` };
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
