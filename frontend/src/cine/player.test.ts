import { describe, expect, it } from 'vitest';
import { Clip, PACK } from './clip';
import { Player } from './player';

const TIMES = [0, 50, 100, 150, 200, 250];

/** Pictures that are all available except those given. */
function pictures(missing: Set<number> = new Set()) {
  const asked: number[] = [];
  return {
    asked,
    count: TIMES.length,
    picture: (index: number) => (missing.has(index) ? null : ({} as ImageBitmap)),
    prepare: (index: number) => void asked.push(index),
  };
}

describe('a cine', () => {
  it('is played by the clock, looping at its end', () => {
    const player = new Player(pictures(), TIMES, 50);
    player.play(1000);
    const seen = [0, 49, 50, 120, 290, 310].map((ms) => player.tick(1000 + ms));
    expect(seen).toEqual([0, 0, 1, 2, 5, 0]);
    expect(player.seen).toEqual({ shown: 4, dropped: 2 });
  });

  it('continues from the same moment when the speed changes', () => {
    const player = new Player(pictures(), TIMES, 50);
    player.play(0);
    player.tick(110);
    player.setSpeed(0.5, 110);
    expect(player.tick(180)).toBe(2);
    expect(player.tick(200)).toBe(3);
  });

  it('waits for a late picture and skips none', () => {
    const missing = new Set([1, 2]);
    const player = new Player(pictures(missing), TIMES, 50);
    player.play(0);
    expect(player.tick(60)).toBe(0);
    expect(player.state.get().waiting).toBe(true);
    missing.clear();
    expect([player.tick(90), player.tick(115), player.tick(165)]).toEqual([0, 1, 2]);
    expect(player.seen.dropped).toBe(0);
  });

  it('stops at the sought frame, and steps wrap around the ends', () => {
    const player = new Player(pictures(), TIMES, 50);
    player.play(0);
    player.seek(99);
    expect(player.state.get()).toMatchObject({ playing: false, index: 5 });
    player.step(1);
    expect(player.state.get().index).toBe(0);
    player.step(-1);
    expect(player.state.get().index).toBe(5);
  });
});

describe('the pictures of a cine', () => {
  it('are fetched in packs ahead of the position, and only a few stay decoded', async () => {
    const count = 300;
    const closed: number[] = [];
    const packs: number[] = [];
    const fetchPack = async (first: number, size: number) => {
      packs.push(first);
      return Array.from({ length: size }, (_, at) => new Blob([String(first + at)]));
    };
    const decode = async (file: Blob) => {
      const index = Number(await file.text());
      return { close: () => void closed.push(index) } as ImageBitmap;
    };
    const clip = new Clip(count, 4_000_000, fetchPack, decode);
    for (let index = 0; index < 100; index += 1) {
      clip.prepare(index);
      for (let turn = 0; turn < 12; turn += 1) await new Promise((go) => setTimeout(go, 0));
      expect(clip.picture(index)).not.toBeNull();
    }
    const held = Array.from({ length: count }, (_, at) => at).filter((at) => clip.picture(at));
    expect(held.length).toBeLessThanOrEqual(clip.room);
    expect(clip.room).toBe(16);
    expect(held).toContain(99);
    expect(closed).toContain(10);
    expect(new Set(packs).size).toBe(packs.length);
    expect(Math.max(...packs)).toBeLessThan(100 + 4 * PACK);
    clip.close();
    expect(clip.picture(99)).toBeNull();
  });
});
