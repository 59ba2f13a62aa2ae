import { i18n } from '@lingui/core';

// Tests use the English texts in the source; the catalogues have their own tests.
i18n.loadAndActivate({ locale: 'en', messages: {} });
