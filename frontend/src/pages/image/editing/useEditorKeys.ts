import { type RefObject, useEffect, useRef } from 'react';
import { type Shortcut, shortcutGroups } from '../../../app/shortcuts';
import {
  blacksOut,
  commandOf,
  type Editor,
  type EditorCommand,
  type EditorView,
  KEYMAP,
} from '../../../editor';
import { editorKeys } from './toolset';

/** Commands whose keys still work if the drawing must not change. */
const READING: ReadonlySet<EditorCommand> = new Set([
  'tool-select',
  'tool-ruler',
  'tool-calipers',
  'tool-ellipse',
  'tool-angle',
  'tool-depth',
  'tool-volume',
  'tool-pan',
  'tool-window',
  'next-lesion',
  'flicker',
  'split',
  'crosshair-left',
  'crosshair-right',
  'crosshair-up',
  'crosshair-down',
  'press',
  'cancel',
]);

const BLACK_BOX_TOOLS: ReadonlySet<EditorCommand> = new Set([
  'tool-black-box',
  'tool-black-polygon',
]);
/** Further commands for the black-out tools, even if the drawing must not change. */
const BLACKING_OUT: ReadonlySet<EditorCommand> = new Set(['undo', 'redo', 'close', 'remove-point']);

const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';
const CHOOSING = '[role=menu], [role=listbox], [role=combobox]';
const USES_ARROWS = 'input, [role=slider], [role=tab], [role=radio]';
const USES_PRESSES = 'button, a, summary, input';
const ARROWS: readonly string[] = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'];
const PRESSES: readonly string[] = [' ', 'Enter'];

/** Text fields, menus, open dialogs and focused controls keep their keys. */
export function isForEditor(event: Pick<KeyboardEvent, 'key' | 'target' | 'defaultPrevented'>) {
  if (event.defaultPrevented) return false;
  if (document.querySelector('[role=dialog][aria-modal=true]')) return false;
  const target = event.target instanceof Element ? event.target : null;
  const within = (selector: string) => target?.closest(selector) != null;
  if (within(TYPING) || within(CHOOSING)) return false;
  if (ARROWS.includes(event.key) && within(USES_ARROWS)) return false;
  return !(PRESSES.includes(event.key) && within(USES_PRESSES));
}

/** Passes key presses to the editor before the page, and lists its keys in the shortcut map. */
export function useEditorKeys(
  view: RefObject<EditorView | null>,
  options: {
    editor: Editor | null;
    /** Why the drawing cannot be changed; null if it can. */
    refusal: string | null;
    /** The person may black out areas permanently. */
    redacts: boolean;
    onActivity: () => void;
  },
): void {
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const command = isForEditor(event) ? commandOf(event, editorKeys) : null;
      if (!command) return;
      const { refusal, redacts, editor } = latest.current;
      const tool = editor?.state.get().tool;
      if (BLACK_BOX_TOOLS.has(command)) {
        if (!redacts) return;
      } else if (refusal !== null && !READING.has(command)) {
        if (!(tool && blacksOut(tool) && BLACKING_OUT.has(command))) {
          editor?.notice(refusal);
          return;
        }
      }
      latest.current.onActivity();
      view.current?.key(event, command);
    };
    // In the capture phase, so that the page's own listeners see whether the editor handled the
    // key.
    window.addEventListener('keydown', listen, { capture: true });
    return () => window.removeEventListener('keydown', listen, { capture: true });
  }, [view]);

  useEffect(() => {
    const mine = listed();
    const { groups } = shortcutGroups.get();
    shortcutGroups.set({ groups: [...mine, ...groups] });
    return () => {
      const others = shortcutGroups.get().groups.filter((group) => !mine.includes(group));
      shortcutGroups.set({ groups: others });
    };
  }, []);
}

/** The editor's keymap in the form of the shortcut map. */
function listed(): { title: string; shortcuts: readonly Shortcut[] }[] {
  const groups = new Map<string, Shortcut[]>();
  for (const binding of KEYMAP) {
    const { group, shown, description } = binding;
    if (shown === '') continue;
    const entry = {
      get keys() {
        return editorKeys(binding);
      },
      ...(shown ? { shown } : {}),
      label: description,
      run: () => {},
    };
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  return [...groups].map(([title, shortcuts]) => ({ title, shortcuts }));
}
