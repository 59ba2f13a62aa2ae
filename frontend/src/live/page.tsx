import '@fontsource-variable/inter';
import '@mantine/core/styles.layer.css';
import '../shell/global.css';
import { i18n } from '@lingui/core';
import { I18nProvider } from '@lingui/react';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { cssVariables, theme } from '../shell/theme';
import { LivePage } from './LivePage';
import { LiveStream } from './stream';

const colorSchemes = localStorageColorSchemeManager({ key: 'sonoloop.colour-scheme' });
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
const root = document.getElementById('root');
if (!root) throw new Error('live.html has no #root');

// The token follows the #, which browsers never send to a server.
const stream = new LiveStream(
  `${location.origin.replace(/^http/, 'ws')}/stream`,
  location.hash.slice(1),
);
stream.open();

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="dark"
      getStyleNonce={() => nonce}
    >
      <I18nProvider i18n={i18n}>
        <LivePage stream={stream} />
      </I18nProvider>
    </MantineProvider>
  </StrictMode>,
);
