// @vitest-environment jsdom
import { act, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { lazily } from './lazily';

afterEach(() => {
  vi.useRealTimers();
});

it('comes once there is a network again, and the page around it stays', async () => {
  vi.useFakeTimers();
  let network = false;
  const load = vi.fn(async () => {
    if (!network) throw new TypeError('Failed to fetch dynamically imported module');
    return ({ name }: { name: string }) => <p>{name} again</p>;
  });
  const Dialog = lazily(load);
  render(
    <>
      <p>the page</p>
      <Dialog name="Sign in" />
    </>,
  );
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(load.mock.calls.length).toBeGreaterThan(1);
  expect(screen.getByText('the page')).toBeTruthy();
  expect(screen.queryByText('Sign in again')).toBeNull();

  network = true;
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(screen.getByText('Sign in again')).toBeTruthy();
});
