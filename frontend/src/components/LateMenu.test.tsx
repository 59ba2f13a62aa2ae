// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { LateMenu } from './LateMenu';

beforeAll(() => {
  window.matchMedia = (query) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as never;
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
});
afterEach(cleanup);

it('opens at the first press, and returns the focus to its button when closed', async () => {
  const chosen: string[] = [];
  render(
    <MantineProvider env="test">
      <LateMenu target={<button type="button">Download</button>}>
        {(Menu) => <Menu.Item onClick={() => chosen.push('mask')}>Mask</Menu.Item>}
      </LateMenu>
    </MantineProvider>,
  );
  const button = () => screen.getByRole('button', { name: 'Download' });
  expect(button().getAttribute('aria-expanded')).toBe('false');
  button().focus();
  fireEvent.click(button());

  const item = await screen.findByRole('menuitem', { name: 'Mask' });
  expect(button().getAttribute('aria-expanded')).toBe('true');
  expect(chosen).toEqual([]);
  item.focus();
  fireEvent.click(item);

  expect(chosen).toEqual(['mask']);
  await waitFor(() => expect(document.activeElement).toBe(button()));
  expect(screen.queryByRole('menuitem')).toBeNull();
});
