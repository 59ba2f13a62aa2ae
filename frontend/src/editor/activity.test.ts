import { describe, expect, it } from 'vitest';
import { ActivityClock } from './activity';

function clockAt() {
  let now = 0;
  const clock = new ActivityClock(() => now);
  return {
    clock,
    touchAt: (seconds: number) => {
      now = seconds * 1000;
      clock.touch();
    },
  };
}

describe('seconds at an image', () => {
  it('are the time between touches', () => {
    const { clock, touchAt } = clockAt();
    for (const second of [10, 11, 13, 17]) touchAt(second);
    expect(clock.seconds).toBe(7);
  });

  it('exclude pauses of more than half a minute', () => {
    const { clock, touchAt } = clockAt();
    for (const second of [0, 20, 50.1, 3600, 3601]) touchAt(second);
    expect(clock.seconds).toBe(21);
  });

  it('exclude the time during which the page is hidden', () => {
    const { clock, touchAt } = clockAt();
    touchAt(0);
    touchAt(4);
    clock.pause();
    touchAt(9);
    touchAt(10);
    expect(clock.seconds).toBe(5);
  });

  it('start again for the next image', () => {
    const { clock, touchAt } = clockAt();
    touchAt(1);
    touchAt(2);
    clock.reset();
    touchAt(3);
    touchAt(4);
    expect(clock.seconds).toBe(1);
  });
});
