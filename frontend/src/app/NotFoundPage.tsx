import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { FormCard } from '../components/FormCard';

export function NotFoundPage() {
  return (
    <FormCard title="There is no such page">
      <Anchor component={Link} to="/ui/worklist">
        Go to the worklist
      </Anchor>
    </FormCard>
  );
}
