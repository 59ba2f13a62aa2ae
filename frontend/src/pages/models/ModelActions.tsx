import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { modelBundleUrl } from '../../api/bundles';
import { startEvaluation } from '../../api/evaluations';
import { rejectModel, verifyModel } from '../../api/models';
import { startShadow } from '../../api/shadow';
import type { Deployment, Model } from '../../api/types';
import { isAdmin, isSiteAdmin, useUser } from '../../app/session';
import { FormError } from '../../components/FormError';
import { DecisionDialog } from './DecisionDialog';
import { evaluationsQuery, modelJobsQuery, shadowsQuery } from './modelsQueries';
import { PromoteDialog } from './PromoteDialog';

/** States of versions that were compared with the one in use. */
const SHADOWED = new Set<Model['state']>(['evaluated', 'retired', 'serving']);

/** An admin's actions on a version. */
export function ModelActions({ model, now }: { model: Model; now: Deployment | undefined }) {
  const user = useUser();
  const client = useQueryClient();
  const [open, setOpen] = useState<'promote' | 'reject' | 'shadow' | null>(null);
  const verify = useMutation({
    mutationFn: () => verifyModel(model),
    onSuccess: () => void client.invalidateQueries({ queryKey: modelJobsQuery.queryKey }),
  });
  const evaluate = useMutation({
    mutationFn: () => startEvaluation(model),
    onSuccess: () => void client.invalidateQueries({ queryKey: evaluationsQuery.queryKey }),
  });
  if (!isAdmin(user)) return null;
  const name = `${model.name} ${model.version}`;
  const serves = now?.model === model.name && now.version === model.version;
  return (
    <>
      {model.available && !serves ? (
        <Button size="xs" variant="default" onClick={() => setOpen('promote')}>
          <Trans>Promote</Trans>
        </Button>
      ) : null}
      {model.available && !serves && now ? (
        <Button
          size="xs"
          variant="default"
          loading={evaluate.isPending}
          onClick={() => evaluate.mutate()}
        >
          <Trans>Evaluate</Trans>
        </Button>
      ) : null}
      {model.available && !serves && now && SHADOWED.has(model.state) ? (
        <Button size="xs" variant="default" onClick={() => setOpen('shadow')}>
          <Trans>Run as a shadow</Trans>
        </Button>
      ) : null}
      {isSiteAdmin(user) && model.digest ? (
        <Button
          size="xs"
          variant="default"
          loading={verify.isPending}
          onClick={() => verify.mutate()}
        >
          <Trans>Verify again</Trans>
        </Button>
      ) : null}
      {isSiteAdmin(user) && model.digest ? (
        <Button size="xs" variant="default" component="a" href={modelBundleUrl(model)} download>
          <Trans>Signed bundle</Trans>
        </Button>
      ) : null}
      {isSiteAdmin(user) && ['candidate', 'evaluated', 'retired'].includes(model.state) ? (
        <Button size="xs" variant="subtle" color="red" onClick={() => setOpen('reject')}>
          <Trans>Reject</Trans>
        </Button>
      ) : null}
      <FormError error={verify.error ?? evaluate.error} />
      {open === 'promote' ? <PromoteDialog model={model} onClose={() => setOpen(null)} /> : null}
      {open === 'shadow' ? (
        <DecisionDialog
          title={t`Run ${name} as a shadow`}
          button={t`Start`}
          scoped={false}
          decide={async ({ reason }) => {
            await startShadow(model, reason);
            await client.invalidateQueries({ queryKey: shadowsQuery.queryKey });
          }}
          onClose={() => setOpen(null)}
        >
          <Trans>
            It outlines new images of this project beside the version in use, whenever the workers
            have nothing else to do. Readers do not see it. This page shows how both agree with what
            is approved.
          </Trans>
        </DecisionDialog>
      ) : null}
      {open === 'reject' ? (
        <DecisionDialog
          title={t`Reject ${name}`}
          button={t`Reject`}
          scoped={false}
          decide={({ reason }) => rejectModel(model, reason)}
          onClose={() => setOpen(null)}
        >
          <Trans>Once rejected, it can never be promoted. Masks that it made keep its name.</Trans>
        </DecisionDialog>
      ) : null}
    </>
  );
}
