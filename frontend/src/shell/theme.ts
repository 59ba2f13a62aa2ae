import { t } from '@lingui/core/macro';
import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

// Reading rooms are dark and the readers' eyes adapted to that: near-black neutrals, text slightly
// darker than white, one calm accent colour. Colour is left to the pictures.
const neutral: MantineColorsTuple = [
  '#d6d9dc',
  '#b3b8bd',
  '#8f969d',
  '#646b72',
  '#33393f',
  '#272c31',
  '#1b1f23',
  '#101315',
  '#0b0d0f',
  '#060708',
];

const sea: MantineColorsTuple = [
  '#e7f5f3',
  '#cfe8e5',
  '#a3d4ce',
  '#7cc3bb',
  '#58aea6',
  '#3b978f',
  '#227f77',
  '#17655f',
  '#114e49',
  '#0c3a37',
];

const paper: MantineColorsTuple = [
  '#f6f7f7',
  '#eef0f0',
  '#e2e5e6',
  '#d0d4d6',
  '#b6bcc0',
  '#8d959b',
  '#646d73',
  '#4a5258',
  '#31383d',
  '#1d2226',
];

/** Text on the accent is dark in the dark theme and light in the light one. */
const colours: VariantColorsResolver = (input) => {
  const resolved = defaultVariantColorsResolver(input);
  const accent = !input.color || input.color === input.theme.primaryColor;
  return input.variant === 'filled' && accent
    ? { ...resolved, color: 'var(--mantine-primary-color-contrast)' }
    : resolved;
};

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 7, dark: 4 },
  colors: { dark: neutral, gray: paper, sea },
  white: '#fcfdfd',
  black: '#15191c',
  variantColorResolver: colours,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily:
    // Inter is part of the pages; Chinese uses system fonts, as such a font has several megabytes.
    "'Inter Variable', ui-sans-serif, system-ui, -apple-system, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Segoe UI', Roboto, Arial, sans-serif",
  fontFamilyMonospace:
    "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.375rem', lineHeight: '1.3' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.35' },
      h3: { fontSize: '0.875rem', lineHeight: '1.4' },
    },
  },
  components: {
    Tooltip: { defaultProps: { withArrow: false, fz: 'xs' } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        overlayProps: { backgroundOpacity: 0.6 },
        closeButtonProps: { 'aria-label': t`Close` },
        // Pages scroll internally, and the lock needs an inline style that the CSP forbids.
        lockScroll: false,
      },
    },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': t`Close` } } },
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    PasswordInput: {
      defaultProps: {
        size: 'sm',
        visibilityToggleButtonProps: { 'aria-label': t`Show the password, or hide it` },
      },
    },
    Select: { defaultProps: { size: 'sm' } },
    Menu: {
      // The placeholder is a focusable child, which a menu must not have.
      defaultProps: { shadow: 'lg', radius: 'md', withInitialFocusPlaceholder: false },
    },
  },
});

export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  dark: {
    '--mantine-color-body': '#0b0d0f',
    '--mantine-color-text': '#cfd3d6',
    '--mantine-color-dimmed': '#8f969d',
    '--mantine-color-placeholder': '#7e858c',
    '--mantine-color-error': '#f08b82',
    '--mantine-primary-color-contrast': '#08110f',
    '--mantine-color-gray-light-color': '#b3b8bd',
    '--mantine-color-red-filled': '#b8443b',
    '--mantine-color-red-filled-hover': '#a63b33',
    '--mantine-color-sea-light': 'rgb(88 174 166 / 13%)',
    '--mantine-color-sea-light-hover': 'rgb(88 174 166 / 20%)',
    '--mantine-color-sea-light-color': '#a3d4ce',
    '--mantine-color-default': '#191d20',
    '--mantine-color-default-hover': '#212629',
    '--mantine-color-default-border': '#31373c',
    '--sl-surface': '#121517',
    '--sl-raised': '#191d20',
    '--sl-line': '#24292d',
    '--sl-line-strong': '#383f45',
    '--sl-hover': '#1c2124',
    '--sl-accent': '#7cc3bb',
    '--sl-accent-soft': 'rgb(88 174 166 / 14%)',
    '--sl-strong': '#e6e9eb',
    '--sl-warn': '#e3b565',
    '--sl-bad': '#f08b82',
  },
  light: {
    '--mantine-color-body': '#eff1f1',
    '--mantine-color-text': '#262d32',
    '--mantine-color-dimmed': '#596269',
    '--mantine-color-placeholder': '#687178',
    '--mantine-color-error': '#b3342a',
    '--mantine-primary-color-contrast': '#fcfdfd',
    '--mantine-color-gray-light-color': '#4a5258',
    '--mantine-color-red-filled': '#b3342a',
    '--mantine-color-red-filled-hover': '#9c2c23',
    '--sl-surface': '#fafbfb',
    '--sl-raised': '#fcfdfd',
    '--sl-line': '#dde1e2',
    '--sl-line-strong': '#c1c7ca',
    '--sl-hover': '#f0f3f3',
    '--sl-accent': '#17655f',
    '--sl-accent-soft': 'rgb(23 101 95 / 10%)',
    '--sl-strong': '#15191c',
    '--sl-warn': '#86560a',
    '--sl-bad': '#b3342a',
  },
});
