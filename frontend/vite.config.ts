import { lingui } from '@lingui/vite-plugin';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// `npm run dev` proxies to a running api; set SONOLOOP_URL to use another than the default.
const api = process.env.SONOLOOP_URL ?? 'http://127.0.0.1:8000';
const apiPaths =
  '^/(healthz|readyz|setup|invitations|session|users|tokens|models|segment|jobs|events|images|audit|queues|readers|readings|agreement|effort|pool|exports|imports)(/|\\?|$)';

export default defineConfig({
  plugins: [lingui({ macroTransform: true, failOnCompileError: true }), react()],
  server: { host: '127.0.0.1', proxy: { [apiPaths]: api } },
  build: {
    target: 'es2022',
    // The content security policy allows no inlined script or font, and hashed files cache for ever.
    assetsInlineLimit: 0,
    sourcemap: false,
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/testing/english.ts'],
    restoreMocks: true,
  },
});
