import type { Point } from '../viewer/geometry';
import { Store } from '../viewer/store';

export interface LiveLesion {
  label: number;
  class_name?: string;
  /** Coordinates of pixel centres. */
  contour: [number, number][];
  area_px: number;
  long_axis: [[number, number], [number, number]];
  short_axis: [[number, number], [number, number]];
  long_axis_px: number;
  short_axis_px: number;
  probability: number | null;
  /** More likely not a lesion. */
  possible: boolean;
}

/** The data of a frame, sent together with its picture. */
export interface LiveFrame {
  number: number;
  width: number;
  height: number;
  /** Where echoes begin and end along the middle of the sector. */
  depth: { x: number; top: number; foot: number };
  lesions: LiveLesion[];
  /** Number of outlines below the model's operating point, which are not drawn. */
  doubtful: number;
  /** The picture is unlike those that the model was trained on. */
  unlike: boolean;
  /** Time from when the frame was due until it was sent, in ms. */
  age_ms: number;
}

export interface Shown {
  frame: LiveFrame;
  picture: ImageBitmap;
}

export type SourceState = 'connecting' | 'live' | 'lost' | 'ended' | 'refused';

/** State of the page's connection to the program that serves it. */
export type Link = 'opening' | 'open' | 'gone' | 'wrong-token' | 'too-many';

export interface KeptThing {
  id: string;
  frames: number;
  state: 'sending' | 'stored' | 'failed';
  address: string | null;
  /** Whether the scale was sent along; null if there was none. */
  scale: boolean | null;
  problem: string | null;
  why: string | null;
}

/** Two points of the depth scale and how far apart they are. */
export interface Scale {
  marks: readonly [Point, Point];
  mm: number;
}

export interface LiveState {
  link: Link;
  source: SourceState;
  why: string | null;
  /** Seconds until a lost source is tried again, counted from the message. */
  againIn: number | null;
  about: { source: string; seconds: number; worklist: string | null } | null;
  shown: Shown | null;
  frozen: boolean;
  /** Frames shown in the last second. */
  rate: number;
  kept: readonly KeptThing[];
  problem: string | null;
}

const AGAIN_MS = 2000;
const WRONG_TOKEN = 4401;
const TOO_MANY = 4429;

export type Decode = (file: Blob) => Promise<ImageBitmap>;
const decodeFile: Decode = (file) => createImageBitmap(file, { colorSpaceConversion: 'none' });

/** Splits a message into the frame and its picture file. */
export function parsed(message: ArrayBuffer): { frame: LiveFrame; file: Blob } {
  const length = new DataView(message).getUint32(0, true);
  const head = new TextDecoder().decode(new Uint8Array(message, 4, length));
  const file = new Blob([new Uint8Array(message, 4 + length)], { type: 'image/jpeg' });
  return { frame: JSON.parse(head) as LiveFrame, file };
}

/** Millimetres per pixel. */
export function mmPerPx({ marks: [a, b], mm }: Scale): number {
  return mm / Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * The stream of a live picture. The next frame is sent only after this one is shown, so a slow
 * connection shows fewer frames but never old ones.
 */
export class LiveStream {
  readonly state = new Store<LiveState>({
    link: 'opening',
    source: 'connecting',
    why: null,
    againIn: null,
    about: null,
    shown: null,
    frozen: false,
    rate: 0,
    kept: [],
    problem: null,
  });
  private socket: WebSocket | null = null;
  private times: number[] = [];

  constructor(
    private readonly address: string,
    private readonly token: string,
    private readonly decode: Decode = decodeFile,
  ) {}

  open(): void {
    const socket = new WebSocket(this.address);
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    socket.onopen = () => this.say({ token: this.token });
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') this.hear(JSON.parse(data));
      else void this.show(parsed(data as ArrayBuffer));
    };
    socket.onclose = ({ code }) => this.closed(code);
  }

  freeze(): void {
    const { shown, frozen, source } = this.state.get();
    if (frozen || !shown || source === 'refused') return;
    this.state.set({ frozen: true });
    this.say({ do: 'freeze', number: shown.frame.number });
  }

  resume(): void {
    this.state.set({ frozen: false, problem: null });
    this.say({ do: 'resume' });
  }

  /** Restarts the source: a film from its beginning. */
  restart(): void {
    this.resume();
    this.say({ do: 'restart' });
  }

  /** Freezes if necessary, and keeps the frame or the seconds before it. */
  keep(what: 'frame' | 'cine', subject: string, scale: Scale | null): void {
    this.freeze();
    if (!this.state.get().frozen) return;
    const mm_per_px = scale ? mmPerPx(scale) : null;
    this.state.set({ problem: null });
    this.say({ do: 'keep', what, subject, mm_per_px });
  }

  sendAgain(id: string): void {
    this.say({ do: 'again', id });
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private hear(said: Record<string, unknown>): void {
    if ('about' in said) {
      this.state.set({ link: 'open', about: said.about as LiveState['about'] });
    } else if ('state' in said) {
      this.state.set({
        source: said.state as SourceState,
        why: said.why as string | null,
        againIn: said.again_in as number | null,
      });
    } else if (said.frozen === false && this.state.get().frozen) {
      this.resume(); // the frame is gone, e.g. after a long interruption of the connection
    } else if (said.kept) {
      const one = said.kept as KeptThing;
      const others = this.state.get().kept.filter(({ id }) => id !== one.id);
      this.state.set({ kept: [one, ...others].slice(0, 12) });
    } else if ('problem' in said) {
      this.state.set({ problem: said.problem as string });
    }
  }

  private async show({ frame, file }: { frame: LiveFrame; file: Blob }): Promise<void> {
    try {
      const picture = await this.decode(file);
      if (this.state.get().frozen) {
        picture.close();
        return;
      }
      const now = performance.now();
      this.times = [...this.times.filter((time) => now - time < 1000), now];
      this.state.get().shown?.picture.close();
      this.state.set({ shown: { frame, picture }, rate: this.times.length });
    } finally {
      this.say({ do: 'shown' });
    }
  }

  private closed(code: number): void {
    this.socket = null;
    if (code === WRONG_TOKEN || code === TOO_MANY) {
      this.state.set({ link: code === TOO_MANY ? 'too-many' : 'wrong-token' });
      return;
    }
    // The program holds the frozen frame, which is lost with the connection.
    this.state.set({ link: 'gone', frozen: false });
    setTimeout(() => this.open(), AGAIN_MS);
  }
}
