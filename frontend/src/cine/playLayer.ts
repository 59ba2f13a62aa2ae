import type { View } from '../viewer/geometry';
import { isAsStored } from '../viewer/grayWindow';
import type { Layer } from '../viewer/layers';
import type { ViewerState } from '../viewer/state';

/** The picture of the current moment, over the drawing of the open frame. */
export class PlayLayer implements Layer {
  private picture: ImageBitmap | null = null;

  /** Null shows the drawing below. */
  show(picture: ImageBitmap | null): void {
    this.picture = picture;
  }

  get shown(): boolean {
    return this.picture !== null;
  }

  draw(context: CanvasRenderingContext2D, view: View, state: ViewerState): void {
    const { picture } = this;
    if (!picture || picture.width === 0 || !state.image) return;
    const { display } = state;
    context.imageSmoothingEnabled = view.scale < 2;
    if (!isAsStored(display)) {
      // An approximation with a filter; the frame at which playing stops is shown exactly.
      const inverted = display.inverted ? ' invert(1)' : '';
      const contrast = `contrast(${1 + display.contrast / 100})`;
      context.filter = `${contrast} brightness(${1 + display.brightness / 100})${inverted}`;
    }
    const { width, height } = state.image;
    context.drawImage(picture, view.x, view.y, width * view.scale, height * view.scale);
    context.filter = 'none';
  }
}
