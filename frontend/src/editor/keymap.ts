import { t } from '@lingui/core/macro';
import { pressed } from '../viewer/pressed';

/** Every command that a key or a button of the page can send to the attached editor. */
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
  /** The text if the map shows several commands in one line; empty if another's line covers it. */
  shown?: string;
  /** Its keys cannot be changed. */
  fixed?: boolean;
  description: string;
  group: string;
}

/**
 * The default keys of the editor. It shares no key with the viewer except those of
 * `REPLACES_VIEWER`.
 */
export const KEYMAP: readonly KeyBinding[] = [
  tool('tool-select', 'v', t`Select a lesion`),
  tool('tool-brush', 'p', t`Brush`),
  tool('tool-eraser', 'e', t`Eraser`),
  tool('tool-polygon', 'g', t`Polygon`),
  tool('tool-lasso', 'a', t`Freehand lasso`),
  tool('tool-scissors', 'A', t`Scissors along the edge`),
  tool('tool-points', 'V', t`Points of the outline`),
  tool('tool-nudge', 'u', t`Nudge the boundary`),
  tool('tool-fill-hole', 'h', t`Fill a hole`),
  tool('tool-remove-island', 'x', t`Remove a stray area`),
  tool('tool-box', 'q', t`Click or box a missed lesion`),
  tool('tool-scribble-lesion', 's', t`Scribble: lesion`),
  tool('tool-scribble-not-lesion', 'S', t`Scribble: not lesion`),
  tool('tool-black-box', 'Q', t`Black box`),
  tool('tool-black-polygon', 'G', t`Black polygon`),
  tool('tool-wand', 'W', t`Wand: areas of similar grey`),
  tool('tool-seeds', 'K', t`Grow from scribbles`),
  tool('tool-ruler', 'm', t`Ruler`),
  tool('tool-calipers', 'M', t`Calipers`),
  tool('tool-ellipse', 'E', t`Ellipse and its area`),
  tool('tool-angle', 'Y', t`Angle`),
  tool('tool-depth', 'D', t`Depth below the first echo`),
  tool('tool-volume', 'O', t`Volume of three axes`),
  tool('tool-pan', 't', t`Move the image`),
  tool('tool-window', 'w', t`Brightness and contrast`),
  outline('smaller', '[', t`Smaller tool`),
  outline('larger', ']', t`Larger tool`),
  outline('switch-mode', 'y', t`Add or subtract`),
  outline('new-lesion', 'd', t`New lesion`),
  outline('delete-lesion', 'Delete', t`Delete the lesion`),
  outline('next-lesion', 'l', t`Next lesion`),
  outline('fill-holes', 'H', t`Fill all holes`),
  outline('remove-islands', 'X', t`Remove small stray areas`),
  outline('smooth', ';', t`Smooth`),
  outline('grow', '.', t`Grow by a pixel`),
  outline('shrink', ',', t`Shrink by a pixel`),
  { command: 'undo', keys: ['z', 'Mod+z'], description: t`Undo`, group: t`Steps` },
  { command: 'redo', keys: ['Z', 'Mod+Z', 'Mod+y'], description: t`Redo`, group: t`Steps` },
  {
    command: 'flicker',
    keys: ['F'],
    description: t`Flicker between before and after`,
    group: t`Compare`,
  },
  {
    command: 'split',
    keys: ['C'],
    description: t`Curtain between before and after`,
    group: t`Compare`,
  },
  byKeyboard('crosshair-left', 'ArrowLeft', t`Move the crosshair; ⇧ by 10 px`, '← → ↑ ↓'),
  byKeyboard('crosshair-right', 'ArrowRight', '', ''),
  byKeyboard('crosshair-up', 'ArrowUp', '', ''),
  byKeyboard('crosshair-down', 'ArrowDown', '', ''),
  byKeyboard('press', ' ', t`Start or end a stroke, place a point`),
  byKeyboard('close', 'Enter', t`Close the line, accept the preview, go to the next point`),
  byKeyboard('remove-point', 'Backspace', t`Remove the last point, or the one in hand`),
  byKeyboard('cancel', 'Escape', t`Cancel what is being drawn`),
];

function tool(command: EditorCommand, key: string, description: string): KeyBinding {
  return { command, keys: [key], description, group: t`Tools` };
}

function outline(command: EditorCommand, key: string, description: string): KeyBinding {
  return { command, keys: [key], description, group: t`Outline` };
}

function byKeyboard(
  command: EditorCommand,
  key: string,
  description: string,
  shown?: string,
): KeyBinding {
  const binding = { command, keys: [key], description, group: t`Drawing by keyboard`, fixed: true };
  return shown === undefined ? binding : { ...binding, shown };
}

/**
 * Keys of the viewer with another meaning during editing. A page with an editor excludes them from
 * the viewer's shortcuts: arrows move the crosshair, Space draws, brackets change the size of the
 * tool, Delete removes the lesion and never the image. Escape is passed to the page if the editor
 * had nothing to cancel.
 */
export const REPLACES_VIEWER: readonly string[] = [
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  ' ',
  '[',
  ']',
  ',',
  '.',
  'Delete',
  'Escape',
  'l',
];

/**
 * The command of a key press, or null. Alt and unlisted Ctrl combinations belong to the browser.
 * @param keysOf the keys of a command for the current person
 */
export function commandOf(
  event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
  keysOf: (binding: KeyBinding) => readonly string[] = ({ keys }) => keys,
): EditorCommand | null {
  const mod = event.ctrlKey || event.metaKey;
  // With Caps Lock or Shift, Ctrl+Z arrives as "Z" or "z" depending on the browser.
  const letter = event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase();
  let key = mod ? `Mod+${event.key.length === 1 ? letter : event.key}` : event.key;
  if (event.altKey) key = pressed(event);
  return KEYMAP.find((binding) => keysOf(binding).includes(key))?.command ?? null;
}
