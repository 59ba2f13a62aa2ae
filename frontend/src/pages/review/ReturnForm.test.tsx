// @vitest-environment jsdom
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { MantineProvider } from '@mantine/core';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ReturnForm } from './ReturnForm';

let returned: string[] = [];
let cancelled = 0;
let heard: string[] = [];
const listen = (event: KeyboardEvent) => heard.push(event.key);

// jsdom has no media queries.
window.matchMedia = (media) =>
  ({ media, matches: false, addEventListener() {}, removeEventListener() {} }) as never;

beforeEach(() => {
  returned = [];
  cancelled = 0;
  heard = [];
  window.addEventListener('keydown', listen);
  render(
    <I18nProvider i18n={i18n}>
      <MantineProvider defaultColorScheme="dark" env="test">
        <ReturnForm
          pending={false}
          onReturn={(comment) => returned.push(comment)}
          onCancel={() => {
            cancelled += 1;
          }}
        />
      </MantineProvider>
    </I18nProvider>,
  );
});
afterEach(() => {
  window.removeEventListener('keydown', listen);
  cleanup();
});

const field = () => screen.getByLabelText('What should be changed?');

describe('returning a reading', () => {
  it('sends only the comment on Ctrl + Enter, although the page submits drawings with it', () => {
    fireEvent.change(field(), { target: { value: '  Lower margin.  ' } });
    fireEvent.keyDown(field(), { key: 'Enter', ctrlKey: true });
    expect(returned).toEqual(['Lower margin.']);
    expect(heard).toEqual([]);
  });

  it('sends nothing without text', () => {
    fireEvent.change(field(), { target: { value: '   ' } });
    fireEvent.keyDown(field(), { key: 'Enter', ctrlKey: true });
    expect(returned).toEqual([]);
    expect(screen.getByRole('button', { name: 'Return' })).toHaveProperty('disabled', true);
  });

  it('is closed by Escape, which does not leave the page', () => {
    fireEvent.keyDown(field(), { key: 'Escape' });
    expect(cancelled).toBe(1);
    expect(heard).toEqual([]);
  });

  it('leaves all other keys to the field', () => {
    fireEvent.keyDown(field(), { key: 'Enter' });
    expect(returned).toEqual([]);
    expect(heard).toEqual(['Enter']);
  });
});
