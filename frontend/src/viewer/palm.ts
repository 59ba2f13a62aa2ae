/** Time after the pen left during which fingers are still treated as the resting hand. */
const PALM_MS = 3000;

/** What a finger that touches down may do. */
export type TouchRole = 'tool' | 'pan' | 'nothing';

/**
 * Distinguishes the hand that holds a pen from intentional touches. On a device on which a pen was
 * seen, only the pen draws: a single finger moves the image, and while the pen is in use or has
 * just been used, a single touch does nothing. Two fingers always pan and zoom.
 */
export class PalmRejection {
  private lastPen: number | null = null;
  private penDown = false;

  /** @param now a monotonic clock in ms */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The pen hovers, touches or moves. */
  penSeen(down: boolean): void {
    this.lastPen = this.now();
    this.penDown = down;
  }

  /** While the pen writes, no touch counts, not even a second one. */
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
