import { t } from '@lingui/core/macro';

/** Scopes of keys. A key may have two meanings only in different scopes. */
export type Room = 'worklist' | 'image' | 'comparison';

/** A command with its keys. People can change its first key; see `ownKeys`. */
export interface Command {
  rooms: readonly Room[];
  /** Its heading in the keyboard map. */
  group: string;
  label: string;
  /** KeyboardEvent.key values; any of them. "Alt+a" is a chord, "Mod+" is Ctrl, or ⌘ on a Mac. */
  keys: readonly string[];
  /** How the map shows the keys, if their own names would be unclear. */
  shown?: string;
  /** Its keys cannot be changed. */
  fixed?: boolean;
  /** It affects other people: a single accidental key must not trigger it. */
  decides?: boolean;
}

export const EVERYWHERE = t`Everywhere`;
const ROOMS: readonly Room[] = ['worklist', 'image', 'comparison'];
const STAGES: readonly Room[] = ['image', 'comparison'];

const inRooms =
  (rooms: readonly Room[], group: string) =>
  (label: string, keys: readonly string[], more: Partial<Command> = {}): Command => ({
    rooms,
    group,
    label,
    keys,
    ...more,
  });

const everywhere = inRooms(ROOMS, EVERYWHERE);
const worklist = inRooms(['worklist'], t`Worklist`);
const selected = inRooms(['worklist'], t`Selected images`);
const walk = inRooms(ROOMS, t`Image`);
const image = inRooms(['image'], t`Image`);
const saving = inRooms(['image'], t`Save`);
const shared = inRooms(STAGES, t`View`);
const view = inRooms(['image'], t`View`);
const model = inRooms(['image'], t`Against the model`);
const answer = inRooms(['image'], t`Answer`);
const cine = inRooms(['image'], t`Cine`);
const frames = inRooms(STAGES, t`Cine`);
const suggestion = inRooms(['image'], t`Suggestions`);
const decision = inRooms(ROOMS, t`Review`);
const comparison = inRooms(['comparison'], t`Comparison`);

/**
 * Every command of the pages except those of the editor (`KEYMAP`), which shares the scope "image".
 * Actions that affect others are chords: an accidental tool key approves or returns nothing.
 */
export const COMMANDS = {
  'show-keys': everywhere(t`Show this map`, ['?']),
  'undo-last': everywhere(t`Undo the action of the last message`, ['Alt+z'], { decides: true }),

  search: worklist(t`Search`, ['/']),
  upload: worklist(t`Upload images`, ['u']),
  density: worklist(t`Grid or table`, ['v']),
  'next-queue': worklist(t`Next queue`, ['q']),
  'previous-queue': worklist(t`Previous queue`, ['Q']),
  'row-below': worklist(t`Row below`, ['ArrowDown'], { fixed: true }),
  'row-above': worklist(t`Row above`, ['ArrowUp'], { fixed: true }),
  'first-image': worklist(t`First`, ['Home'], { fixed: true }),
  'last-image': worklist(t`Last loaded`, ['End'], { fixed: true }),
  'open-image': worklist(t`Open`, ['Enter'], { fixed: true }),
  'select-image': selected(t`Select`, ['x']),
  'select-up-to': selected(t`Select up to here`, ['X']),
  'select-all': selected(t`Select all of the list`, ['Alt+x']),
  'clear-selection': selected(t`Clear the selection`, ['Escape'], { fixed: true }),
  assign: selected(t`Assign`, ['a']),
  archive: selected(t`Archive`, ['e']),
  'delete-images': selected(t`Delete`, ['Delete'], { fixed: true }),

  'next-image': walk(t`Next image`, ['j']),
  'previous-image': walk(t`Previous image`, ['k']),
  back: inRooms(STAGES, t`Image`)(t`Back, one step at a time`, ['Escape'], { fixed: true }),
  save: saving(t`Save a revision`, ['Mod+s'], { fixed: true }),
  submit: saving(t`Save and submit`, ['Mod+Enter'], { fixed: true }),
  'copy-before': image(t`Copy the outlines of the previous image or frame`, ['J']),
  'prior-beside': image(t`Earlier image beside`, ['I']),

  'pin-comment': image(t`Pin a comment`, ['Alt+c']),

  'zoom-in': shared(t`Zoom in`, ['+', '=']),
  'zoom-out': shared(t`Zoom out`, ['-', '_']),
  fit: shared(t`Fit`, ['0']),
  'actual-size': view(t`One image pixel per screen pixel`, ['1']),
  brighter: view(t`Brighter`, ['b']),
  darker: view(t`Darker`, ['B']),
  'more-contrast': view(t`More contrast`, ['n']),
  'less-contrast': view(t`Less contrast`, ['N']),
  invert: view(t`Invert`, ['i']),
  'as-stored': view(t`Brightness and contrast as stored`, ['R']),
  'turn-right': view(t`Turn right by 90°`, ['Alt+t']),
  'turn-left': view(t`Turn left by 90°`, ['Alt+g']),
  'flip-across': view(t`Flip left to right`, ['Alt+h']),
  'flip-down': view(t`Flip upside down`, ['Alt+v']),
  'as-taken': view(t`Orientation as taken`, ['Alt+o']),
  outlines: shared(t`Outlines on and off`, ['o']),
  'suspected-text': view(t`Suspected text on and off`, ['T']),
  fill: view(t`Fill on and off`, ['f']),
  contour: view(t`Contour on and off`, ['c']),
  'weaker-fill': view(t`Weaker fill`, ['<']),
  'stronger-fill': view(t`Stronger fill`, ['>']),

  'hold-model': model(t`The model’s outline while held`, ['2']),
  'model-beside': model(t`Side by side`, ['3']),
  difference: model(t`Difference`, ['4']),
  'take-possible': model(t`Keep or outline the possible lesion`, ['P']),
  'reject-possible': model(t`Reject the possible lesion`, ['U']),

  'answer-lesions': answer(t`Lesions`, ['7']),
  'answer-no-lesion': answer(t`No lesion`, ['8']),
  'answer-cannot-judge': answer(t`Cannot judge`, ['9']),
  'class-list': inRooms(['image'], t`Class of the lesion`)(t`Choose from the list`, ['L']),

  play: cine(t`Play, pause`, ['r', ' ']),
  'frame-back': frames(t`One frame back`, ['5', ',']),
  'frame-on': frames(t`One frame forward`, ['6', '.']),
  'longest-frame': cine(t`The frame with the longest lesion`, ['Alt+l']),

  'accept-suggestion': suggestion(t`Accept the suggestion`, ['Alt+y'], { decides: true }),
  'reject-suggestion': suggestion(t`Reject the suggestion`, ['Alt+n'], { decides: true }),
  'accept-all': suggestion(t`Accept all suggestions`, ['Alt+u'], { decides: true }),
  'next-suggestion': suggestion(t`Next suggestion`, ['Alt+j']),
  'previous-suggestion': suggestion(t`Previous suggestion`, ['Alt+k']),

  approve: decision(t`Approve`, ['Alt+a'], { decides: true }),
  return: inRooms(STAGES, t`Review`)(t`Return with a comment`, ['Alt+r'], { decides: true }),

  'column-1': comparison(t`Select the first column`, ['1']),
  'column-2': comparison(t`Select the second column`, ['2']),
  'column-3': comparison(t`Select the third column`, ['3']),
  'third-column': comparison(t`Difference or consensus`, ['d']),
  'choose-outline': comparison(t`Choose the selected outline for this frame`, ['c']),
} as const satisfies Record<string, Command>;

export type CommandId = keyof typeof COMMANDS;
