import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Textarea } from '@mantine/core';
import { useState } from 'react';
import classes from './ReviewPanel.module.css';

const MAX_COMMENT = 2000;

interface Props {
  pending: boolean;
  onReturn: (comment: string) => void;
  onCancel: () => void;
}

/** The reason for returning a reading; never sent without text. */
export function ReturnForm({ pending, onReturn, onCancel }: Props) {
  const [comment, setComment] = useState('');
  const text = comment.trim();
  const send = () => {
    if (text && !pending) onReturn(text);
  };
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <Textarea
        label={t`What should be changed?`}
        description={t`The reader sees this with the image.`}
        rows={3}
        resize="vertical"
        maxLength={MAX_COMMENT}
        autoFocus
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        onKeyDown={(event) => {
          const sends = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
          if (!sends && event.key !== 'Escape') return;
          // The page around the form uses these keys to submit the drawing or to leave.
          event.preventDefault();
          event.stopPropagation();
          if (sends) send();
          else onCancel();
        }}
      />
      <Group gap={8} justify="flex-end">
        <Button size="compact-md" variant="subtle" color="gray" onClick={onCancel}>
          <Trans>Cancel</Trans>
        </Button>
        <Button size="compact-md" type="submit" disabled={!text} loading={pending}>
          <Trans>Return</Trans>
        </Button>
      </Group>
    </form>
  );
}
