import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect } from 'react';
import { answerPin, createPin, deletePin, fetchPins, type Pin, settlePin } from '../../../api/pins';
import { messageOf } from '../../../api/problem';
import { COMMANDS } from '../../../app/commands';
import { on, useShortcuts } from '../../../app/shortcuts';
import type { EditorView } from '../../../editor';
import { toImage } from '../../../viewer/geometry';
import { viewerStore } from '../viewerStore';
import { openPins, type Place, pinStore } from './pinStore';

const NONE: readonly Pin[] = [];

/** Below the key of the image, so that events on the image refetch the pins. */
const pinsKey = (imageId: string) => ['image', imageId, 'pins'] as const;

/** The pins of an image, oldest first; their numbers on the image are their list positions. */
export function usePins(imageId: string): readonly Pin[] {
  const { data } = useQuery({
    queryKey: pinsKey(imageId),
    queryFn: ({ signal }) => fetchPins(imageId, signal),
  });
  return data?.items ?? NONE;
}

/**
 * The position of a comment without a pointer: the crosshair, or the middle of the visible part.
 */
function placeByKey(frame: number, view: EditorView | null): Place | null {
  const { image, canvas, view: now } = viewerStore.get();
  if (!image) return null;
  const cross = view?.crosshairAt;
  const centre = toImage(now, { x: canvas.width / 2, y: canvas.height / 2 });
  const at = cross ? { x: cross.x + 0.5, y: cross.y + 0.5 } : centre;
  return {
    frame,
    x: Math.max(0, Math.min(image.width, at.x)),
    y: Math.max(0, Math.min(image.height, at.y)),
  };
}

/** The key that pins a comment; resets unfinished pins when another image is opened. */
export function usePinKey(
  imageId: string,
  frame: number,
  view: RefObject<EditorView | null>,
): void {
  useEffect(() => openPins(imageId), [imageId]);
  useShortcuts(COMMANDS['pin-comment'].group, [
    on('pin-comment', () =>
      pinStore.set({ placing: false, wanted: placeByKey(frame, view.current), selected: null }),
    ),
  ]);
}

/** Actions on pins; a failure is shown with its reason. */
export function usePinActs(imageId: string) {
  const client = useQueryClient();
  const options = {
    onError: (error: unknown) => notifications.show({ message: messageOf(error), color: 'red' }),
    onSettled: () => client.invalidateQueries({ queryKey: pinsKey(imageId) }),
  };
  return {
    create: useMutation({
      ...options,
      mutationFn: ({ frame, x, y, text }: Place & { text: string }) =>
        createPin(imageId, { frame_index: frame, x, y, text }),
    }),
    answer: useMutation({
      ...options,
      mutationFn: ({ pin, text }: { pin: string; text: string }) => answerPin(imageId, pin, text),
    }),
    settle: useMutation({
      ...options,
      mutationFn: (pin: Pin) => settlePin(imageId, pin.id, pin.resolved_at === null),
    }),
    remove: useMutation({
      ...options,
      mutationFn: (pin: Pin) => deletePin(imageId, pin.id),
    }),
  };
}
