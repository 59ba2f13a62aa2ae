import { t } from '@lingui/core/macro';
import type { EditorAttribute } from './attributes';
import type { Blackout } from './blackout';
import type { EditorClass } from './classes';
import type { MaskPixels } from './components';
import type { Content } from './content';
import type { LabelMap } from './labelMap';
import type { ScaleRegion } from './lengths';
import {
  type Assessment,
  type EditorState,
  type Spacing,
  TOOL_OPTIONS_DEFAULT,
  type ToolName,
  type ToolOptions,
} from './state';

/** The drawing has the frame's size; the editor works on a copy. */
export interface EditorSetup extends Content {
  /** The shown frame; its size is checked against the map. */
  frame: MaskPixels;
  /** mm between pixel centres, or null if unknown. */
  spacing: Spacing | null;
  /** Parts of the frame with their own scales. */
  regions?: readonly ScaleRegion[];
  /** The classes available for lesions. */
  classes?: readonly EditorClass[];
  /** Attributes of lesions and of the image. */
  attributes?: readonly EditorAttribute[];
  answer?: Assessment;
  /** False if a person who is not drawing measures: then measurements are not saved. */
  keepsMarks?: boolean;
  /** The model's outlines, for comparison. */
  reference?: LabelMap | null;
  /** Initial tool and options, e.g. those of the last image. */
  tool?: ToolName;
  options?: Partial<ToolOptions>;
  /** Black boxes that outlive this editor: another revision has the same picture. */
  blackout?: Blackout;
}

/** An edit that cannot be done; the message gives the reason in one sentence. */
export class EditorError extends Error {
  override readonly name = 'EditorError';
}

export function defaultName(label: number): string {
  return t`Lesion ${label}`;
}

/** The state of an unused editor; the lesions are derived from the map. */
export function initialState(setup: EditorSetup, selected: number | null): EditorState {
  return {
    lesions: [],
    classes: setup.classes ?? [],
    attributes: setup.attributes ?? [],
    imageValues: setup.imageValues ?? {},
    selected,
    answer: setup.answer ?? 'lesions',
    tool: setup.tool ?? 'brush',
    options: { ...TOOL_OPTIONS_DEFAULT, ...setup.options },
    measurements: [],
    note: setup.note ?? '',
    scribbled: 0,
    stroking: false,
    canUndo: false,
    canRedo: false,
    undoName: null,
    redoName: null,
    revision: 0,
    dirty: false,
    comparison: { mode: 'after', split: 0.5 },
    notice: null,
  };
}

/** @throws EditorError if map, frame, reference and overlays differ in size */
export function checkSizes({ map, frame, reference, overlays }: EditorSetup): void {
  const others = [frame, ...(reference ? [reference] : []), ...(overlays?.values() ?? [])];
  for (const other of others) checkSize(map, other);
}

/** @throws EditorError if the other does not have the size of the map */
export function checkSize(map: LabelMap, other: { width: number; height: number }): void {
  if (other.width === map.width && other.height === map.height) return;
  throw new EditorError(t`The mask does not have the size of the frame; run the model again.`);
}
