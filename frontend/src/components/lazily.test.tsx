// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { act, cleanup, render, screen } from '@testing-library/react';
import { Component, type ReactNode } from 'react';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { lazily } from './lazily';

beforeAll(() => {
  window.matchMedia = (query) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as never;
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

class Boundary extends Component<{ children: ReactNode }> {
  override state = { said: null };
  static getDerivedStateFromError = (error: Error) => ({ said: error.message });
  override render() {
    return this.state.said ?? this.props.children;
  }
}

function show(Dialog: (props: { name: string }) => ReactNode) {
  render(
    <MantineProvider>
      <Notifications />
      <p>the page</p>
      <Boundary>
        <Dialog name="Sign in" />
      </Boundary>
    </MantineProvider>,
  );
}

it('appears once the network is back, while the page stays and says so', async () => {
  vi.useFakeTimers();
  let network = false;
  const load = vi.fn(async () => {
    if (!network) throw new TypeError('Failed to fetch dynamically imported module: /a.js');
    return ({ name }: { name: string }) => <p>{name} again</p>;
  });
  show(lazily(load));
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(load.mock.calls.length).toBeGreaterThan(1);
  expect(screen.getByText('the page')).toBeTruthy();
  expect(screen.queryByText('Sign in again')).toBeNull();
  expect(screen.getAllByText('Part of this page did not load')).toHaveLength(1);

  network = true;
  await act(() => vi.advanceTimersByTimeAsync(5000));
  expect(screen.getByText('Sign in again')).toBeTruthy();
  expect(screen.queryByText('Part of this page did not load')).toBeNull();
});

it('does not request a module again if the module itself fails', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
  const load = vi.fn(async (): Promise<() => ReactNode> => {
    throw new TypeError('undefined is not a function');
  });
  show(lazily(load));
  expect(await screen.findByText('undefined is not a function')).toBeTruthy();
  expect(load).toHaveBeenCalledTimes(1);
  logged.mockRestore();
});
