/** After a pen left, fingers are still taken for the resting hand for this long. */
const PALM_MS = 3000;

/** The act that a finger which comes down may start. */
export type TouchRole = 'tool' | 'pan' | 'nothing';

/**
 * Tells the hand that holds a pen from fingers that mean something. A device whose pen was seen
 * draws by pen only: one finger then moves the image, and while the pen is in use or was just
 * now, a single touch does nothing at all. Two fingers pan and zoom in any case.
 */
export class PalmRejection {
  private lastPen: number | null = null;
  private penDown = false;

  /** @param now a clock in ms that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The pen hovers, touches or moves. */
  penSeen(down: boolean): void {
    this.lastPen = this.now();
    this.penDown = down;
  }

  /** No touch counts, not even a second one, while the pen writes. */
  get writing(): boolean {
    return this.penDown;
  }

  /** @param draws whether the active tool leaves marks */
  role(draws: boolean): TouchRole {
    if (this.lastPen === null) return 'tool';
    if (this.penDown || this.now() - this.lastPen < PALM_MS) return 'nothing';
    return draws ? 'pan' : 'tool';
  }
}
