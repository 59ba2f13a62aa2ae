import { i18n } from '@lingui/core';

// Tests read the English of the source; the catalogues have tests of their own.
i18n.loadAndActivate({ locale: 'en', messages: {} });
