import { useQuery } from '@tanstack/react-query';
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { fetchClip } from '../api/frames';
import type { FrameList, ImageDetail } from '../api/types';
import type { Stage } from '../viewer/stage';
import { Clip } from './clip';
import { framesQuery } from './framesQuery';
import { Player } from './player';
import { PlayLayer } from './playLayer';

/** Stepping through frames opens the last one, not those in between. */
const SETTLE_MS = 180;

export interface Cine {
  image: ImageDetail;
  frames: FrameList;
  player: Player;
  /** Shows a frame, and opens it for drawing if no further step follows. */
  seek: (index: number) => void;
  step: (by: number) => void;
  toggle: () => void;
  failure: Error | null;
}

interface Setup {
  stage: RefObject<Stage | null>;
  image: ImageDetail | null;
  /** The frame whose drawing is open on the page, and its pixels once loaded. */
  frame: number;
  pixels: ImageData | null;
  open: (frame: number) => void;
  /** Loads everything that opening a frame needs, so that it replaces another without a gap. */
  load: (frame: number) => Promise<void>;
}

/** Plays the cine of a page over its stage; null for a still. */
export function useCine(imageId: string, setup: Setup): Cine | null {
  const { stage, frame, pixels, open, load } = setup;
  // The details of another frame take a moment; data shared by all frames is already known.
  const known = useRef<ImageDetail | null>(null);
  if (setup.image) known.current = setup.image;
  const image = known.current?.id === imageId ? known.current : null;
  const several = (image?.frame_count ?? 1) > 1;
  const list = useQuery(framesQuery(imageId, several)).data ?? null;
  const version = list?.version ?? null;
  const size = image ? image.width * image.height : 0;
  const [failure, setFailure] = useState<Error | null>(null);
  const latest = useRef({ frame, open, load });
  latest.current = { frame, open, load };

  // biome-ignore lint/correctness/useExhaustiveDependencies: masks change, pictures do not
  const made = useMemo(() => {
    if (!list || version === null || size === 0) return null;
    const clip = new Clip(list.frames.length, size, (first, count, signal) =>
      fetchClip(imageId, first, count, signal),
    );
    const rate = list.frames_per_second ?? 25;
    const times = list.frames.map(({ time_ms, index }) => time_ms ?? (index * 1000) / rate);
    return { clip, player: new Player(clip, times, 1000 / rate, latest.current.frame) };
  }, [imageId, version, size]);

  const layer = useMemo(() => new PlayLayer(), []);
  const raise = useRef(() => {});
  const settleTimer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const paint = useCallback(
    (index: number) => {
      if (!made) return;
      const { playing } = made.player.state.get();
      const still = !playing && index === latest.current.frame;
      const picture = made.clip.picture(index);
      // The drawing shows the open frame; until it is ready, the last picture stays.
      if (still) layer.show(null);
      else if (picture) {
        // Outlines belong to the open frame, so another frame's picture covers them.
        if (!layer.shown) raise.current();
        layer.show(picture);
      }
      stage.current?.invalidate();
    },
    [made, layer, stage],
  );

  useEffect(() => {
    if (!made || !stage.current) return;
    const { clip, player } = made;
    const board = stage.current;
    let remove = board.addLayer(layer);
    raise.current = () => {
      remove();
      remove = board.addLayer(layer);
    };
    clip.onPicture = (index) => {
      if (index === player.state.get().index) paint(index);
    };
    clip.onFailure = setFailure;
    clip.prepare(player.state.get().index);
    let request = 0;
    const turn = (now: number) => {
      const before = player.state.get().index;
      const index = player.tick(now);
      if (index !== before) paint(index);
      request = player.state.get().playing ? requestAnimationFrame(turn) : 0;
    };
    const unsubscribe = player.state.subscribe(() => {
      if (player.state.get().playing && request === 0) request = requestAnimationFrame(turn);
    });
    return () => {
      unsubscribe();
      cancelAnimationFrame(request);
      clearTimeout(settleTimer.current);
      layer.show(null);
      raise.current = () => {};
      remove();
      clip.close();
    };
  }, [made, layer, stage, paint]);

  // The playing picture is removed once the drawing of the same frame is ready.
  useEffect(() => {
    const state = made?.player.state.get();
    if (state && !state.playing && pixels && state.index === frame) paint(frame);
  }, [made, frame, pixels, paint]);

  const openSoon = useCallback(() => {
    clearTimeout(settleTimer.current);
    settleTimer.current = setTimeout(() => {
      const { index, playing } = made?.player.state.get() ?? { index: 0, playing: true };
      if (playing || index === latest.current.frame) return;
      const still = () => made?.player.state.get().index === index;
      // If it fails, the page reports the reason.
      latest.current
        .load(index)
        .catch(() => {})
        .then(() => {
          if (still() && !made?.player.state.get().playing) latest.current.open(index);
        });
    }, SETTLE_MS);
  }, [made]);

  const seek = useCallback(
    (index: number) => {
      made?.player.seek(index);
      paint(made?.player.state.get().index ?? 0);
      openSoon();
    },
    [made, paint, openSoon],
  );
  const step = useCallback(
    (by: number) => {
      made?.player.step(by);
      paint(made?.player.state.get().index ?? 0);
      openSoon();
    },
    [made, paint, openSoon],
  );
  const toggle = useCallback(() => {
    if (!made) return;
    if (made.player.state.get().playing) {
      made.player.pause();
      openSoon();
    } else {
      clearTimeout(settleTimer.current);
      made.player.play(performance.now());
    }
  }, [made, openSoon]);

  return useMemo(
    () =>
      made && list && image
        ? { image, frames: list, player: made.player, seek, step, toggle, failure }
        : null,
    [made, list, image, seek, step, toggle, failure],
  );
}
