import { t } from '@lingui/core/macro';
import { Badge } from '@mantine/core';
import type { GateCheck } from '../../api/types';

const WORDS: Record<GateCheck['standing'], string> = {
  pass: t`Pass`,
  reason: t`Needs a reason`,
  unjudged: t`Not judged`,
  fail: t`Fail`,
};

const COLOURS = {
  pass: 'var(--sl-accent)',
  reason: 'var(--sl-warn)',
  unjudged: 'var(--sl-warn)',
  fail: 'var(--sl-bad)',
} as const;

export function StandingBadge({ standing }: { standing: GateCheck['standing'] }) {
  return (
    <Badge
      variant="outline"
      color={COLOURS[standing]}
      c="inherit"
      tt="none"
      fw={500}
      miw="max-content"
    >
      {WORDS[standing]}
    </Badge>
  );
}
