import { t } from '@lingui/core/macro';
import {
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useRef,
  useSyncExternalStore,
} from 'react';
import classes from './CineBar.module.css';
import { type FrameState, frameText } from './frameText';
import type { Cine } from './useCine';

const HEIGHT = 44;

/** A slider over time that shows the contents of every frame, and the current frame. */
export function Strip({ cine }: { cine: Cine }) {
  const { frames, player, seek, step, toggle } = cine;
  const { index } = useSyncExternalStore(player.state.subscribe, player.state.get);
  const canvas = useRef<HTMLCanvasElement>(null);
  const count = frames.frames.length;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const paint = () => paintStrip(element, frames.frames, frames.to_measure);
    const observer = new ResizeObserver(paint);
    observer.observe(element);
    paint();
    return () => observer.disconnect();
  }, [frames]);

  const at = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    seek(Math.floor(((event.clientX - left) / Math.max(1, width)) * count));
  };
  const key = (event: KeyboardEvent) => {
    const moves: Record<string, () => void> = {
      ArrowLeft: () => step(-1),
      ArrowDown: () => step(-1),
      ArrowRight: () => step(1),
      ArrowUp: () => step(1),
      PageDown: () => seek(index - 10),
      PageUp: () => seek(index + 10),
      Home: () => seek(0),
      End: () => seek(count - 1),
      ' ': toggle,
      r: toggle,
      '5': () => step(-1),
      '6': () => step(1),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    move();
  };
  return (
    <div
      className={classes.strip}
      role="slider"
      tabIndex={0}
      aria-label={t`Frame`}
      aria-valuemin={1}
      aria-valuemax={count}
      aria-valuenow={index + 1}
      aria-valuetext={frameText(frames.frames[index], count)}
      onKeyDown={key}
      // After scrubbing with a pointer, keys still belong to the page.
      onMouseDown={(event) => event.preventDefault()}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        at(event);
      }}
      onPointerMove={(event) => event.buttons === 1 && at(event)}
    >
      <canvas ref={canvas} className={classes.bars} aria-hidden />
      <span
        className={classes.head}
        style={{ left: `${((index + 0.5) / count) * 100}%` }}
        aria-hidden
      />
    </div>
  );
}

/** Bar height shows lesion size, bar opacity the model's certainty; dots show who has looked. */
function paintStrip(
  canvas: HTMLCanvasElement,
  frames: readonly FrameState[],
  toMeasure: number | null,
): void {
  const ratio = window.devicePixelRatio || 1;
  const width = Math.max(1, Math.round(canvas.clientWidth * ratio));
  const height = Math.round(HEIGHT * ratio);
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const [plain, corrected, approved, faint] = [
    colour('--strip-model'),
    colour('--strip-corrected'),
    colour('--strip-approved'),
    colour('--strip-faint'),
  ];
  const largest = Math.max(1, ...frames.map(({ largest_px }) => largest_px ?? 0));
  const step = width / frames.length;
  const bottom = height - 8 * ratio;
  for (const state of frames) {
    const x = state.index * step;
    const wide = Math.max(1, step - (step > 4 * ratio ? ratio : 0));
    context.globalAlpha = 1;
    context.fillStyle = faint;
    if (state.revision !== null) context.fillRect(x, bottom, wide, 2 * ratio);
    if (state.largest_px !== null) {
      const high = Math.max(
        3 * ratio,
        Math.sqrt(state.largest_px / largest) * (bottom - 4 * ratio),
      );
      context.fillStyle = state.approved ? approved : state.corrected ? corrected : plain;
      context.globalAlpha = state.corrected ? 1 : 0.35 + 0.65 * (state.probability ?? 0.5);
      context.fillRect(x, bottom - high, wide, high);
    }
    context.globalAlpha = 1;
    if (state.corrected || state.has_draft) {
      context.fillStyle = state.approved ? approved : corrected;
      const middle = x + wide / 2;
      context.beginPath();
      context.arc(middle, height - 3 * ratio, 2.5 * ratio, 0, 2 * Math.PI);
      if (state.corrected) context.fill();
      else {
        context.strokeStyle = corrected;
        context.lineWidth = ratio;
        context.stroke();
      }
    }
    if (state.suggestion !== null) {
      const middle = x + wide / 2;
      const reach = 3.5 * ratio;
      context.fillStyle = colour('--strip-suggested');
      context.beginPath();
      context.moveTo(middle, bottom - 14 * ratio - reach);
      context.lineTo(middle + reach, bottom - 14 * ratio);
      context.lineTo(middle, bottom - 14 * ratio + reach);
      context.lineTo(middle - reach, bottom - 14 * ratio);
      context.fill();
    }
    if (state.index === toMeasure) {
      const middle = x + wide / 2;
      context.fillStyle = colour('--strip-head');
      context.beginPath();
      context.moveTo(middle - 4 * ratio, 0);
      context.lineTo(middle + 4 * ratio, 0);
      context.lineTo(middle, 6 * ratio);
      context.fill();
    }
  }
}
