import { PanTool, type PointerSample } from '../../viewer/tools';
import type { EditorTool, EditorToolContext } from './context';

/** Moves the image. A click does nothing: only the select tool selects. */
export class HandTool implements EditorTool {
  readonly cursor = 'grab';
  private readonly pan: PanTool;

  constructor(context: EditorToolContext) {
    this.pan = new PanTool(context);
  }

  down(at: PointerSample): void {
    this.pan.down(at);
  }

  move(at: PointerSample): void {
    this.pan.move(at);
  }

  up(): void {
    this.pan.cancel();
  }

  cancel(): void {
    this.pan.cancel();
  }

  hover(): void {}
}
