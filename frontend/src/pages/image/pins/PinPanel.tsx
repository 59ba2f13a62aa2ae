import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Textarea } from '@mantine/core';
import { IconMapPinPlus } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import type { Pin } from '../../../api/pins';
import { keyNameOf, useOwnKeys, withKey } from '../../../app/ownKeys';
import { Moment } from '../../../components/Moment';
import { useStore } from '../../../editing/useEditorState';
import classes from './PinPanel.module.css';
import { type Place, pinStore } from './pinStore';
import { usePinActs, usePins } from './usePins';

const MAX_COMMENT = 2000;

interface Props {
  imageId: string;
  onFrame: (frame: number) => void;
}

/** People's comments on places in the image: one thread each, open ones first. */
export function PinPanel({ imageId, onFrame }: Props) {
  useOwnKeys();
  const pins = usePins(imageId);
  const acts = usePinActs(imageId);
  const [all, setAll] = useState(false);
  const { placing, wanted, selected } = useStore(pinStore, (state) => state, pinStore.get());
  const numbered = pins.map((pin, index) => ({ pin, number: index + 1 }));
  const open = numbered.filter(({ pin }) => pin.resolved_at === null || pin.id === selected);
  const resolved = numbered.filter((one) => !open.includes(one));
  return (
    <div className={classes.root}>
      {wanted ? (
        <Writing
          label={t`New comment`}
          send={t`Pin the comment`}
          busy={acts.create.isPending}
          at={wanted}
          onSend={(text, done) =>
            acts.create.mutate(
              { ...wanted, text },
              {
                onSuccess: (pin) => {
                  done();
                  pinStore.set({ wanted: null, selected: pin.id });
                },
              },
            )
          }
          onCancel={() => pinStore.set({ wanted: null })}
        />
      ) : (
        <>
          <Button
            variant={placing ? 'light' : 'default'}
            leftSection={<IconMapPinPlus size={16} stroke={1.7} />}
            title={withKey(
              t`Pins a comment to the middle of the image or the crosshair`,
              keyNameOf('pin-comment'),
            )}
            aria-pressed={placing}
            onClick={() => pinStore.set({ placing: !placing, selected: null })}
          >
            {placing ? <Trans>Cancel</Trans> : <Trans>Pin a comment</Trans>}
          </Button>
          {placing ? (
            <p className={classes.quiet} role="status">
              <Trans>Press the place on the image that the comment is about.</Trans>
            </p>
          ) : null}
        </>
      )}
      {pins.length === 0 && !wanted && !placing ? (
        <p className={classes.quiet}>
          <Trans>
            Nobody has commented on this image yet. Comments are for the people who read and review
            it. They are not exported.
          </Trans>
        </p>
      ) : null}
      <ul className={classes.list} aria-label={t`Comments`}>
        {[...open, ...(all ? resolved : [])].map(({ pin, number }) => (
          <Thread
            key={pin.id}
            pin={pin}
            number={number}
            selected={pin.id === selected}
            acts={acts}
            onSelect={() => {
              onFrame(pin.frame_index);
              pinStore.set({ selected: pin.id, wanted: null, placing: false });
            }}
          />
        ))}
      </ul>
      {resolved.length > 0 ? (
        <Button variant="subtle" color="gray" onClick={() => setAll(!all)}>
          {all ? (
            <Trans>Hide resolved comments</Trans>
          ) : (
            <Plural
              value={resolved.length}
              one="Show # resolved comment"
              other="Show # resolved comments"
            />
          )}
        </Button>
      ) : null}
    </div>
  );
}

function Thread(props: {
  pin: Pin;
  number: number;
  selected: boolean;
  acts: ReturnType<typeof usePinActs>;
  onSelect: () => void;
}) {
  const { pin, number, selected, acts, onSelect } = props;
  const root = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (selected) root.current?.scrollIntoView({ block: 'nearest' });
  }, [selected]);
  const frame = pin.frame_index + 1;
  const settledBy = pin.resolved_by?.name ?? '';
  return (
    <li ref={root} className={classes.thread} data-selected={selected}>
      <button
        type="button"
        className={classes.number}
        aria-label={t`Show comment ${number} on the image`}
        aria-pressed={selected}
        onClick={onSelect}
      >
        {number}
      </button>
      <div className={classes.said}>
        {pin.comments.map((comment) => (
          <div key={comment.id} className={classes.comment}>
            <span className={classes.who}>
              <b>{comment.author.name}</b> <Moment at={comment.created_at} />
            </span>
            <p className={classes.text}>{comment.text}</p>
          </div>
        ))}
        {pin.frame_index > 0 ? (
          <p className={classes.quiet}>
            <Trans>On frame {frame}</Trans>
          </p>
        ) : null}
        {pin.resolved_at ? (
          <p className={classes.quiet}>
            <Trans>Resolved by {settledBy}</Trans>
          </p>
        ) : null}
        {selected ? (
          <Writing
            label={t`Reply`}
            send={t`Reply`}
            busy={acts.answer.isPending}
            onSend={(text, done) => acts.answer.mutate({ pin: pin.id, text }, { onSuccess: done })}
          />
        ) : null}
        <span className={classes.acts}>
          <Button
            size="compact-sm"
            variant="default"
            loading={acts.settle.isPending}
            onClick={() => acts.settle.mutate(pin)}
          >
            {pin.resolved_at ? <Trans>Reopen</Trans> : <Trans>Resolve</Trans>}
          </Button>
          {selected ? null : (
            <Button size="compact-sm" variant="subtle" onClick={onSelect}>
              <Trans>Reply</Trans>
            </Button>
          )}
          {pin.may_delete ? (
            <Button
              size="compact-sm"
              variant="subtle"
              color="red"
              loading={acts.remove.isPending}
              onClick={() => acts.remove.mutate(pin)}
            >
              <Trans>Delete</Trans>
            </Button>
          ) : null}
        </span>
      </div>
    </li>
  );
}

/** A field for a comment; the text stays until the server has stored it. */
function Writing(props: {
  label: string;
  send: string;
  busy: boolean;
  /** Where a new comment belongs; setting it moves the focus to the field. */
  at?: Place;
  onSend: (text: string, done: () => void) => void;
  onCancel?: () => void;
}) {
  const { label, send, busy, at, onSend, onCancel } = props;
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (at) field.current?.focus();
  }, [at]);
  const [text, setText] = useState('');
  const said = text.trim();
  return (
    <form
      className={classes.writing}
      onSubmit={(event) => {
        event.preventDefault();
        if (said) onSend(said, () => setText(''));
      }}
    >
      <Textarea
        label={label}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={MAX_COMMENT}
        ref={field}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            onCancel?.();
          }
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            // Keep the event from the page, where it submits the reading.
            event.preventDefault();
            event.nativeEvent.stopPropagation();
            event.currentTarget.form?.requestSubmit();
          }
        }}
      />
      <span className={classes.acts}>
        <Button type="submit" size="compact-sm" disabled={!said} loading={busy}>
          {send}
        </Button>
        {onCancel ? (
          <Button size="compact-sm" variant="subtle" color="gray" onClick={onCancel}>
            <Trans>Cancel</Trans>
          </Button>
        ) : null}
      </span>
    </form>
  );
}
