import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { onSignedOut } from '../api/client';
import { queryClient } from '../app/queryClient';
import { safeReturnPath } from '../app/returnPath';
import { isAdmin, isReviewer, isSiteAdmin, sessionQuery } from '../app/session';
import { loseSession } from '../app/sessionLoss';
import { ErrorState } from '../components/ErrorState';
import { changeLanguage } from '../language/language';
import { parseWorklistSearch } from '../pages/worklist/search';
import { NotFoundPage } from './NotFoundPage';
import { Shell } from './Shell';

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
    // What a person chose goes before what this browser showed last.
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
  component: lazyRouteComponent(() => import('../pages/image/ImagePage'), 'ImagePage'),
});

const adjudicateRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/images/$imageId/adjudicate',
  validateSearch: parseWorklistSearch,
  beforeLoad: requireReviewer,
  component: lazyRouteComponent(() => import('../pages/review/AdjudicatePage'), 'AdjudicatePage'),
});

const poolRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/pool',
  beforeLoad: requireReviewer,
  component: lazyRouteComponent(() => import('../pages/pool/PoolPage'), 'PoolPage'),
});

const exportsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/exports',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('../pages/exports/ExportsPage'), 'ExportsPage'),
});

const importsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/imports',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('../pages/imports/ImportsPage'), 'ImportsPage'),
});

const effortRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/effort',
  beforeLoad: requireReviewer,
  component: lazyRouteComponent(() => import('../pages/effort/EffortPage'), 'EffortPage'),
});

const modelsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/models',
  component: lazyRouteComponent(() => import('../pages/models/ModelsPage'), 'ModelsPage'),
});

const evaluationRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/models/evaluations/$evaluationId',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('../pages/models/EvaluationPage'), 'EvaluationPage'),
});

const tokensRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/tokens',
  component: lazyRouteComponent(() => import('../pages/tokens/TokensPage'), 'TokensPage'),
});

const accountRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/account',
  component: lazyRouteComponent(() => import('../pages/account/AccountPage'), 'AccountPage'),
});

const projectRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/project',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('../pages/project/ProjectPage'), 'ProjectPage'),
});

const labelSetRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/project/labels',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('../pages/labels/LabelSetPage'), 'LabelSetPage'),
});

const jobsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/jobs',
  beforeLoad: requireAdmin,
  component: lazyRouteComponent(() => import('../pages/jobs/JobsPage'), 'JobsPage'),
});

const peopleRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/people',
  beforeLoad: requireSiteAdmin,
  component: lazyRouteComponent(() => import('../pages/people/PeoplePage'), 'PeoplePage'),
});

const auditRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/ui/audit',
  beforeLoad: requireSiteAdmin,
  component: lazyRouteComponent(() => import('../pages/audit/AuditPage'), 'AuditPage'),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    homeRoute,
    uiRoute,
    signInRoute,
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
      projectRoute,
      jobsRoute,
      labelSetRoute,
      peopleRoute,
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
  if (here.pathname.startsWith('/ui/sign-in') || here.pathname.startsWith('/ui/set-up')) return;
  const next = safeReturnPath(here.href);
  void router.navigate({ to: '/ui/sign-in', search: next ? { next } : {} });
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
