// @vitest-environment jsdom
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { cleanup, render, screen } from '@testing-library/react';
import axe from 'axe-core';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { theme } from '../shell/theme';
import { offerUndo, undoLast } from './undoToast';

beforeAll(() => {
  window.matchMedia = (query) =>
    ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as never;
});
afterEach(cleanup);

describe('the undo message', () => {
  it('is named by everything its button shows, and described by the action', async () => {
    render(
      <I18nProvider i18n={i18n}>
        <MantineProvider theme={theme}>
          <Notifications />
        </MantineProvider>
      </I18nProvider>,
    );
    const undo = vi.fn(async () => {});
    offerUndo({ message: 'Handed in.', undo, undone: 'Open again.' });
    const button = await screen.findByRole('button', { name: /^Undo/ });
    const described = button.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(described)?.textContent).toBe('Handed in.');
    const { violations } = await axe.run(document.body, {
      runOnly: ['label-content-name-mismatch', 'button-name', 'aria-valid-attr-value'],
    });
    expect(violations).toEqual([]);
    button.click();
    await screen.findByText('Open again.');
    expect(undo).toHaveBeenCalledOnce();
  });

  it('is activated by its key, first for the newest message, then for the one before', () => {
    const undone: string[] = [];
    for (const message of ['First.', 'Second.']) {
      const undo = async () => void undone.push(message);
      offerUndo({ message, undo, undone: 'Open again.' });
    }
    undoLast();
    undoLast();
    undoLast();
    expect(undone).toEqual(['Second.', 'First.']);
  });
});
