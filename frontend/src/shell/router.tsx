import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { onSignedOut } from '../api/client';
import { imageKey } from '../app/live';
import { queryClient } from '../app/queryClient';
import { safeReturnPath } from '../app/returnPath';
import { isAdmin, isReviewer, isSiteAdmin, sessionQuery } from '../app/session';
import { loseSession } from '../app/sessionLoss';
import { fetchPoster } from '../cine/poster';
import { ErrorState } from '../components/ErrorState';
import { lazily } from '../components/lazily';
import { changeLanguage } from '../language/language';
import { withWords } from '../language/withWords';
import { parseWorklistSearch } from '../pages/worklist/search';
import { Shell } from './Shell';

const NotFoundPage = lazily(
  async () => (await withWords('panels', () => import('./NotFoundPage'))).NotFoundPage,
);

const rootRoute = createRootRouteWithContext()({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
});

const signInRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ui/sign-in',
  validateSearch: (search): { next?: string } => {
    const next = safeReturnPath(search.next);
    return next ? { next } : {};
  },
  component: lazyRouteComponent(() => import('../pages/sign-in/SignInPage'), 'SignInPage'),
});

const forgottenRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ui/forgotten',
  component: lazyRouteComponent(() => import('../pages/sign-in/ForgottenPage'), 'ForgottenPage'),
});

const setUpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ui/set-up',
  component: lazyRouteComponent(() => import('../pages/set-up/SetUpPage'), 'SetUpPage'),
});

const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    const session = await queryClient.ensureQueryData(sessionQuery);
    if (!session) throw redirect({ to: '/ui/sign-in', search: { next: location.href } });
    // A person's choice takes precedence over the language that this browser showed last.
    const { language } = session.user;
    if (language && changeLanguage(language)) await new Promise(() => {});
  },
  component: Shell,
});

async function requireAdmin() {
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (!isAdmin(session?.user ?? null)) throw redirect({ to: '/ui/worklist' });
}

async function requireSiteAdmin() {
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (!isSiteAdmin(session?.user ?? null)) throw redirect({ to: '/ui/worklist' });
}

async function requireReviewer() {
  const session = await queryClient.ensureQueryData(sessionQuery);
  if (!isReviewer(session?.user ?? null)) throw redirect({ to: '/ui/worklist' });
}

const homeRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/ui/worklist' });
  },
});

const uiRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/ui',
  beforeLoad: () => {
    throw redirect({ to: '/ui/worklist' });
  },
});

const worklistRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/worklist',
  validateSearch: parseWorklistSearch,
  component: lazyRouteComponent(() => import('../pages/worklist/WorklistPage'), 'WorklistPage'),
});

const imageRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/images/$imageId',
  validateSearch: parseWorklistSearch,
  beforeLoad: ({ params: { imageId }, location, preload }) => {
    // Not during preloading, as viewing an image may be recorded. Cached images need no first
    // picture.
    if (!preload && !queryClient.getQueryData(imageKey(imageId))) fetchPoster(location.pathname);
  },
  component: lazyRouteComponent(
    () => withWords('image', () => import('../pages/image/ImagePage')),
    'ImagePage',
  ),
});

const adjudicateRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/images/$imageId/adjudicate',
  validateSearch: parseWorklistSearch,
  beforeLoad: requireReviewer,
  component: lazyRouteComponent(
    () => withWords('panels', () => import('../pages/review/AdjudicatePage')),
    'AdjudicatePage',
  ),
});

const poolRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/pool',
  beforeLoad: requireReviewer,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/pool/PoolPage')),
    'PoolPage',
  ),
});

const exportsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/exports',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/exports/ExportsPage')),
    'ExportsPage',
  ),
});

const importsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/imports',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/imports/ImportsPage')),
    'ImportsPage',
  ),
});

const effortRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/effort',
  beforeLoad: requireReviewer,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/effort/EffortPage')),
    'EffortPage',
  ),
});

const modelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/models',
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/models/ModelsPage')),
    'ModelsPage',
  ),
});

const evaluationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/models/evaluations/$evaluationId',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/models/EvaluationPage')),
    'EvaluationPage',
  ),
});

const tokensRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/tokens',
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/tokens/TokensPage')),
    'TokensPage',
  ),
});

const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/account',
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/account/AccountPage')),
    'AccountPage',
  ),
});

const keysRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/keys',
  component: lazyRouteComponent(
    () => withWords('panels', () => import('../pages/keys/KeysPage')),
    'KeysPage',
  ),
});

const projectRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/project',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/project/ProjectPage')),
    'ProjectPage',
  ),
});

const connectionsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/project/connections',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/connections/ConnectionsPage')),
    'ConnectionsPage',
  ),
});

const labelSetRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/project/labels',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/labels/LabelSetPage')),
    'LabelSetPage',
  ),
});

const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/jobs',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/jobs/JobsPage')),
    'JobsPage',
  ),
});

const peopleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/people',
  beforeLoad: requireSiteAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/people/PeoplePage')),
    'PeoplePage',
  ),
});

const siteRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/site',
  beforeLoad: requireSiteAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/site/SiteSettingsPage')),
    'SiteSettingsPage',
  ),
});

const storageRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/site/storage',
  beforeLoad: requireSiteAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/site/StoragePage')),
    'StoragePage',
  ),
});

const deletedRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/deleted',
  component: lazyRouteComponent(
    () => withWords('panels', () => import('../pages/deleted/DeletedPage')),
    'DeletedPage',
  ),
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/audit',
  validateSearch: (search): { object_id?: string } =>
    typeof search.object_id === 'string' && search.object_id.length <= 60
      ? { object_id: search.object_id }
      : {},
  beforeLoad: requireSiteAdmin,
  component: lazyRouteComponent(
    () => withWords('later', () => import('../pages/audit/AuditPage')),
    'AuditPage',
  ),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    homeRoute,
    uiRoute,
    signInRoute,
    forgottenRoute,
    setUpRoute,
    shellRoute.addChildren([
      worklistRoute,
      imageRoute,
      adjudicateRoute,
      poolRoute,
      exportsRoute,
      importsRoute,
      effortRoute,
      modelsRoute,
      evaluationRoute,
      tokensRoute,
      accountRoute,
      keysRoute,
      projectRoute,
      connectionsRoute,
      jobsRoute,
      labelSetRoute,
      peopleRoute,
      siteRoute,
      storageRoute,
      deletedRoute,
      auditRoute,
    ]),
  ]),
  defaultPreload: 'intent',
  defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
  defaultNotFoundComponent: NotFoundPage,
});

onSignedOut(() => {
  if (loseSession()) return;
  queryClient.setQueryData(sessionQuery.queryKey, null);
  const here = router.state.location;
  if (['/ui/sign-in', '/ui/forgotten', '/ui/set-up'].includes(here.pathname)) return;
  const next = safeReturnPath(here.href);
  void router.navigate({ to: '/ui/sign-in', search: next ? { next } : {} });
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
