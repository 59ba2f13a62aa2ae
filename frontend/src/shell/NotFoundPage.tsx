import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { FormCard } from '../components/FormCard';

export function NotFoundPage() {
  return (
    <FormCard title={t`There is no such page`}>
      <Anchor component={Link} to="/ui/worklist">
        <Trans>Go to the worklist</Trans>
      </Anchor>
    </FormCard>
  );
}
