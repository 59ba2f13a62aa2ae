import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Project } from '../../api/types';
import { useLabelSetInOwnWords } from '../../app/labelSetQuery';
import { Panel } from '../../components/Panel';
import { comma } from '../../language/language';

/** The classes of the project, with a link to them. */
export function LabelSetPanel({ project }: { project: Project }) {
  const set = useLabelSetInOwnWords(project.id);
  const open = (set?.classes ?? []).filter(({ archived }) => !archived);
  return (
    <Panel title={t`Label set`}>
      <Text size="sm" mb="sm">
        {set ? `${set.name}: ${open.map(({ name }) => name).join(comma())}` : t`Loading…`}
      </Text>
      <Button component={Link} to="/ui/project/labels" variant="default">
        <Trans>Classes and attributes</Trans>
      </Button>
    </Panel>
  );
}
