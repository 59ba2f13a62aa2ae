import { fitView } from '../viewer/geometry';

/** Distances of the picture's board from the edges of the window, CSS px. */
interface Insets {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const STORED = 'sonoloop.board';
const BACKGROUND = '#050607';
/** The page gives it up by then, whatever became of it. */
const LONGEST_MS = 10_000;

/** Where a browser never showed the board: with the panel beside it, and without. */
const USUAL: Record<string, Insets> = {
  wide: { left: 170, top: 94, right: 336, bottom: 78 },
  narrow: { left: 211, top: 94, right: 0, bottom: 78 },
};

let canvas: HTMLCanvasElement | null = null;
let over = false;

/**
 * Paints a picture where the page will have it, before the page is there: its scripts take longer
 * than the picture. The board's own drawing takes its place.
 */
export function paintFirst(picture: ImageData): void {
  if (over) return;
  const { left, top, right, bottom } = remembered()[layout()] ?? noInsets;
  const [width, height] = [innerWidth - left - right, innerHeight - top - bottom];
  if (width < 1 || height < 1) return;
  canvas = document.createElement('canvas');
  canvas.ariaHidden = 'true';
  canvas.dataset.firstPicture = '';
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  Object.assign(canvas.style, {
    position: 'fixed',
    zIndex: '1',
    pointerEvents: 'none',
    left: `${left}px`,
    top: `${top}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
  const drawing = canvas.getContext('2d', { alpha: false });
  const whole = new OffscreenCanvas(picture.width, picture.height);
  whole.getContext('2d')?.putImageData(picture, 0, 0);
  if (!drawing) return;
  drawing.fillStyle = BACKGROUND;
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  const { scale, x, y } = fitView(picture, canvas);
  drawing.imageSmoothingEnabled = scale < 2;
  drawing.imageSmoothingQuality = 'high';
  drawing.drawImage(whole, x, y, picture.width * scale, picture.height * scale);
  document.body.append(canvas);
  setTimeout(removeFirst, LONGEST_MS);
}

/** Takes the picture away: what it stood for is shown, or never will be. */
export function removeFirst(): void {
  over = true;
  canvas?.remove();
  canvas = null;
}

/** Notes where the board lies, for the next page that opens. */
export function rememberBoard(board: Element): void {
  const { left, top, right, bottom, width } = board.getBoundingClientRect();
  if (width < 1) return;
  const insets = { left, top, right: innerWidth - right, bottom: innerHeight - bottom };
  try {
    localStorage.setItem(STORED, JSON.stringify({ ...remembered(), [layout()]: insets }));
  } catch {
    // A browser may forbid storage; the usual place serves.
  }
}

/** Where the panel lies beside the image, and where it does not (ImagePage.module.css). */
const layout = () => (innerWidth > 1180 ? 'wide' : 'narrow');

const noInsets: Insets = { left: 0, top: 0, right: 0, bottom: 0 };

function remembered(): Record<string, Insets> {
  try {
    const stored = JSON.parse(localStorage.getItem(STORED) ?? '{}');
    return { ...USUAL, ...stored };
  } catch {
    return USUAL;
  }
}
