/** Distances of the picture's board from the edges of the window, CSS px. */
interface Insets {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const STORED = 'sonoloop.board';
/** The page stops waiting after this time in any case. */
const LONGEST_MS = 10_000;

let picture: HTMLImageElement | null = null;

/**
 * The picture embedded in the page's own HTML, in its final place (app/pages.py): the
 * browser paints it before any script has loaded. Its position is corrected from the remembered one.
 */
export function findFirst(path: string): HTMLImageElement | null {
  picture = document.querySelector<HTMLImageElement>(`img[data-first-picture][src="${path}"]`);
  const insets = remembered()[layout()];
  if (picture && insets) {
    const { left, top, right, bottom } = insets;
    Object.assign(picture.style, {
      left: `${left}px`,
      top: `${top}px`,
      width: `${innerWidth - left - right}px`,
      height: `${innerHeight - top - bottom}px`,
    });
  }
  if (picture) setTimeout(removeFirst, LONGEST_MS);
  return picture;
}

/** Removes the picture: the real one is shown, or never will be. */
export function removeFirst(): void {
  picture?.remove();
  picture = null;
}

/** Stores the position of the board for the next page that opens. */
export function rememberBoard(board: Element): void {
  const { left, top, right, bottom, width } = board.getBoundingClientRect();
  if (width < 1) return;
  const insets = { left, top, right: innerWidth - right, bottom: innerHeight - bottom };
  try {
    localStorage.setItem(STORED, JSON.stringify({ ...remembered(), [layout()]: insets }));
  } catch {
    // A browser may forbid storage; the default position is used then.
  }
}

/** Whether the panel is next to the image (ImagePage.module.css). */
const layout = () => (innerWidth > 1180 ? 'wide' : 'narrow');

function remembered(): Record<string, Insets> {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? '{}') ?? {};
  } catch {
    return {};
  }
}
