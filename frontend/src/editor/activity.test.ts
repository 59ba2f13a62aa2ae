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

describe('seconds of active editing', () => {
  it('are the time between touches', () => {
    const { clock, touchAt } = clockAt();
    for (const second of [10, 11, 13, 17]) touchAt(second);
    expect(clock.seconds).toBe(7);
  });

  it('leave out pauses of more than five seconds', () => {
    const { clock, touchAt } = clockAt();
    for (const second of [0, 5, 10.1, 3600, 3601]) touchAt(second);
    expect(clock.seconds).toBe(6);
  });

  it('begin again for the next image', () => {
    const { clock, touchAt } = clockAt();
    touchAt(1);
    touchAt(2);
    clock.reset();
    touchAt(3);
    touchAt(4);
    expect(clock.seconds).toBe(1);
  });
});
