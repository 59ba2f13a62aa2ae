import { t } from '@lingui/core/macro';
import { Button, Switch, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { Decision } from '../../api/models';
import { isSiteAdmin, useUser } from '../../app/session';
import { Dialog } from '../../components/Dialog';
import { FormError } from '../../components/FormError';
import classes from './ModelsPage.module.css';

interface Props {
  title: string;
  children: ReactNode;
  button: string;
  /** Whether the decision can be made for the whole site. */
  scoped?: boolean;
  /** Called when the whole site, or only the project again, is selected. */
  onScope?: (everywhere: boolean) => void;
  disabled?: boolean;
  decide: (decision: Decision) => Promise<unknown>;
  onClose: () => void;
}

/** A decision about models; the reason is kept in the history. */
export function DecisionDialog(props: Props) {
  const { title, children, button, scoped = true, onScope, disabled, decide, onClose } = props;
  const client = useQueryClient();
  const site = isSiteAdmin(useUser());
  const [reason, setReason] = useState('');
  const [everywhere, setEverywhere] = useState(false);
  const deciding = useMutation({
    mutationFn: () => decide({ reason: reason.trim(), everywhere }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['models'] });
      void client.invalidateQueries({ queryKey: ['deployments'] });
      void client.invalidateQueries({ queryKey: ['promotion-requests'] });
      onClose();
    },
  });
  return (
    <Dialog onClose={onClose} title={title}>
      <form
        className={classes.dialog}
        onSubmit={(event) => {
          event.preventDefault();
          if (reason.trim()) deciding.mutate();
        }}
      >
        <div>{children}</div>
        <Textarea
          label={t`Why`}
          description={t`Kept in the history`}
          required
          withAsterisk={false}
          autosize
          minRows={2}
          maxLength={500}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        {scoped && site ? (
          <Switch
            label={t`For the whole site`}
            description={t`All projects without a decision of their own`}
            checked={everywhere}
            onChange={(event) => {
              setEverywhere(event.currentTarget.checked);
              onScope?.(event.currentTarget.checked);
            }}
          />
        ) : null}
        <FormError error={deciding.error} />
        <Button type="submit" disabled={disabled || !reason.trim()} loading={deciding.isPending}>
          {button}
        </Button>
      </form>
    </Dialog>
  );
}
