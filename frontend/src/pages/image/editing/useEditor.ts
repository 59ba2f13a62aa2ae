import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import type { ImageDetail, Mask } from '../../../api/types';
import { type Drawing, drawingQuery, emptyDrawing, modelsMask } from '../../../editing/drawings';
import { type Base, type Editing, NO_BASE } from '../../../editing/EditorContext';
import { frameQuery, imageQuery } from '../../../editing/imageQueries';
import { newestInLine } from '../../../editing/line';
import { useEditorState } from '../../../editing/useEditorState';
import {
  ActivityClock,
  type Assessment,
  Blackout,
  commands,
  Editor,
  type LabelMap,
  Lengths,
} from '../../../editor';
import { scaleRegions } from '../calibration/scales';
import { useVocabulary } from '../classes/useVocabulary';
import { whyReadOnly } from './readOnly';
import { rememberedTool, rememberTool } from './toolMemory';
import { useLook } from './useLook';

/** The drawing of one image, with everything that shares its lifetime. */
interface Open {
  imageId: string;
  editor: Editor;
  base: Base;
  activity: ActivityClock;
}

export interface EditorOfPage extends Editing {
  /** The revision shown instead of the drawing, once it is loaded. */
  lookedAt: Drawing | null;
  /** The model's newest outline, for comparison. */
  reference: LabelMap | null;
  /** Black boxes that are drawn but not applied. */
  blackout: Blackout;
  /** Why the frame, the details or the outline could not be loaded. */
  failure: Error | null;
  retry: () => void;
}

const IDLE_CLOCK = new ActivityClock();

function baseOf(mask: Mask | null): Base {
  if (!mask) return NO_BASE;
  return { revision: mask.revision, source: mask.source, author: mask.author ?? null };
}

/** Whether nothing is unsaved, so that a newer revision can replace the drawing without asking. */
function isOutdated({ editor, base }: Open, newest: Mask | null): boolean {
  const { dirty, stroking } = editor.state.get();
  return newest !== null && newest.revision > (base.revision ?? 0) && !dirty && !stroking;
}

/**
 * Owns the editor of an image: creates it once the frame and the newest outline are loaded, and
 * replaces it when a newer revision arrives while nothing is unsaved.
 */
export function useEditor(imageId: string): EditorOfPage {
  const details = useQuery(imageQuery(imageId));
  const image: ImageDetail | null = details.data ?? null;
  const pixels = useQuery(frameQuery(imageId, image?.frame.url ?? null));
  // Another revision has the same picture, so its editor keeps the black boxes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for another image
  const blackout = useMemo(() => new Blackout(), [imageId]);
  const frame = pixels.data ?? null;
  const newest = image && newestInLine(image);
  const drawing = useQuery({
    ...drawingQuery(imageId, newest ?? { revision: 0, source: 'model' }),
    enabled: newest !== null,
  });
  const [opened, setOpened] = useState<Open | null>(null);
  const open = opened?.imageId === imageId ? opened : null;

  const start = newest ? (drawing.data ?? null) : null;
  const spacing = image?.frame.spacing_mm ?? null;
  useLayoutEffect(() => {
    if (!frame || !image || (newest && !start)) return;
    if (open && !isOutdated(open, newest)) return;
    const drawing = start ?? emptyDrawing(frame);
    const answer = newest?.answer ?? 'lesions';
    // A reviewer's measurements on a submission must not start a reading of their own.
    const reads = image.state !== 'submitted' || image.reading !== null;
    const keepsMarks = image.may.edit && reads;
    const regions = scaleRegions(image.frame);
    const made = { ...drawing, frame, spacing, regions, answer, blackout, keepsMarks };
    const editor = new Editor({ ...made, ...rememberedTool() });
    setOpened({
      imageId,
      editor,
      base: baseOf(newest),
      activity: new ActivityClock(),
    });
  }, [imageId, image, frame, newest, start, spacing, blackout, open]);

  const editor = open?.editor ?? null;
  const shape = image?.frame ?? null;
  useEffect(() => {
    if (!editor || !shape) return;
    const lengths = new Lengths(shape.spacing_mm, scaleRegions(shape));
    if (JSON.stringify(lengths) !== JSON.stringify(editor.lengths)) editor.recalibrate(lengths);
  }, [editor, shape]);
  useVocabulary(editor, image?.project_id ?? null);
  useEffect(() => (editor ? rememberTool(editor) : undefined), [editor]);
  const reference = useReference(imageId, image, editor);
  const [answerReason, setAnswerReason] = useReason(imageId, newest);
  const { looking, look, lookedAt, lookFailure } = useLook(imageId, image);

  const setAnswer = useCallback(
    (answer: Assessment) => void (editor && commands.setAnswer(editor, answer)),
    [editor],
  );
  const load = useCallback(
    (step: string, content: Drawing, revision: number | null) => {
      if (!open) return;
      commands.replace(open.editor, content, step);
      const mask = image?.masks.find((one) => one.revision === revision) ?? null;
      setOpened({ ...open, base: baseOf(mask) });
    },
    [open, image],
  );
  const saved = useCallback(
    (base: Base) => {
      if (!open) return;
      open.editor.markSaved();
      setOpened({ ...open, base });
    },
    [open],
  );

  const answer = useEditorState(editor, (state) => state.answer, 'lesions' as Assessment);
  const retry = useCallback(() => {
    for (const query of [details, pixels, drawing]) if (query.isError) void query.refetch();
  }, [details, pixels, drawing]);
  const readOnly = whyReadOnly(image, looking) !== null;
  // A failed refetch must not close an open drawing.
  const failure = open ? lookFailure : (details.error ?? pixels.error ?? drawing.error);

  return useMemo(
    () => ({
      imageId,
      editor,
      frame,
      activity: open?.activity ?? IDLE_CLOCK,
      base: open?.base ?? NO_BASE,
      answer,
      setAnswer,
      answerReason,
      setAnswerReason,
      readOnly,
      load,
      saved,
      looking,
      look,
      lookedAt,
      reference,
      blackout,
      failure,
      retry,
    }),
    [
      imageId,
      editor,
      frame,
      open,
      answer,
      setAnswer,
      answerReason,
      setAnswerReason,
      readOnly,
      load,
      saved,
      looking,
      look,
      lookedAt,
      reference,
      blackout,
      failure,
      retry,
    ],
  );
}

/** The model's outline, for comparison with the drawing. */
function useReference(
  imageId: string,
  image: ImageDetail | null,
  editor: Editor | null,
): LabelMap | null {
  const mask = modelsMask(image);
  const model = useQuery({
    ...drawingQuery(imageId, mask ?? { revision: 0, source: 'model' }),
    enabled: mask !== null,
  });
  const map = mask ? (model.data?.map ?? null) : null;
  useEffect(() => editor?.setReference(map), [editor, map]);
  return map;
}

function useReason(
  imageId: string,
  newest: Mask | null,
): [reason: string, set: (reason: string) => void] {
  const [given, setGiven] = useState<{ imageId: string; reason: string } | null>(null);
  const set = useCallback((reason: string) => setGiven({ imageId, reason }), [imageId]);
  return [given?.imageId === imageId ? given.reason : (newest?.answer_reason ?? ''), set];
}
