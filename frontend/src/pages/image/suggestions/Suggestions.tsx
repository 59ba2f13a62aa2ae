import { plural, t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { ActionIcon, Button, Menu, Progress } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { cancelJob } from '../../../api/jobs';
import { messageOf } from '../../../api/problem';
import {
  decideSuggestions,
  type Suggestion,
  suggestOn,
  undoSuggestions,
} from '../../../api/suggestions';
import { COMMANDS, type CommandId } from '../../../app/commands';
import { imageKey, jobKey } from '../../../app/live';
import { keyNameOf, withKey } from '../../../app/ownKeys';
import { on, useShortcuts } from '../../../app/shortcuts';
import { offerUndo } from '../../../app/undoToast';
import { useLiveJob } from '../../../app/useLiveJob';
import type { Cine } from '../../../cine/useCine';
import { Tooltip } from '../../../components/Tooltip';
import { useCorrection } from '../../../correction/CorrectionContext';
import { takeUp } from '../../../correction/takeUp';
import { NO_BASE, useEditing } from '../../../editing/EditorContext';
import { commands, LabelMap } from '../../../editor';
import { comma } from '../../../language/language';
import classes from './Suggestions.module.css';

const NEAR = [5, 15, 50] as const;

interface Props {
  cine: Cine;
  /** The suggestion for the open frame. */
  suggestion: Suggestion | null;
}

/** Requests outlines on frames around corrected ones, and decides on existing suggestions. */
export function Suggestions({ cine, suggestion }: Props) {
  const { image, frames, player, seek } = cine;
  const client = useQueryClient();
  const editing = useEditing();
  const { session } = useCorrection();
  const { index } = useSyncExternalStore(player.state.subscribe, player.state.get);
  const [jobId, setJobId] = useState<string | null>(null);
  const last = frames.frames.length - 1;
  const open = frames.frames.filter((one) => one.suggestion !== null).map((one) => one.index);
  const here = open.includes(index);
  const corrected = frames.frames.some((one) => one.corrected);
  const dirty = editing.editor?.state.get().dirty ?? false;

  const refetch = () => client.invalidateQueries({ queryKey: imageKey(image.id) });
  const ask = useMutation({
    mutationFn: (reach: number) =>
      suggestOn(image.id, Math.max(0, index - reach), Math.min(last, index + reach)),
    onSuccess: (job) => {
      client.setQueryData(jobKey(job.id), job);
      setJobId(job.id);
    },
  });
  const decide = useMutation({
    mutationFn: ({ verb, from, to }: { verb: 'accept' | 'reject'; from: number; to: number }) =>
      decideSuggestions(image.id, verb, from, to),
    // The refetch is not awaited, so the next key takes effect at once.
    onSuccess: ({ decision, frames: done, left }, { verb }) => {
      void refetch();
      const count = done.length;
      const kept = left.length;
      if (count + kept === 0) return;
      const what =
        verb === 'accept'
          ? t`${plural(count, { one: '# frame accepted', other: '# frames accepted' })}`
          : t`${plural(count, { one: '# suggestion rejected', other: '# suggestions rejected' })}`;
      const rest = kept
        ? [t`${plural(kept, { one: '# was drawn on since', other: '# were drawn on since' })}`]
        : [];
      const said = [what, ...rest].join(comma());
      offerUndo({
        message: t`${said}.`,
        undone: t`They are suggestions again.`,
        undo: async () => {
          const undone = await undoSuggestions(image.id, decision);
          await refetch();
          if (verb === 'accept' && undone.frames.includes(index)) forget();
        },
      });
      const next = open.find((one) => one > index && !done.includes(one));
      if (count === 1 && next !== undefined) seek(next);
    },
  });

  /** The open revision is gone: the newest one replaces it. */
  const forget = () => {
    const { editor } = editing;
    if (!editor || editor.state.get().dirty) return;
    const { width, height } = editor.map;
    commands.replace(editor, { map: new LabelMap(width, height) }, t`Undo`);
    editing.saved(NO_BASE);
  };
  const take = (verb: 'accept' | 'reject', from: number, to: number) => {
    if (!decide.isPending) decide.mutate({ verb, from, to });
  };
  const accept = () => here && !dirty && take('accept', index, index);
  const reject = () => here && take('reject', index, index);
  const draw = () => {
    if (!suggestion || !session) return;
    takeUp(editing, session, t`Use the suggestion`, {
      labels: suggestion.labels,
      answer: null,
      answerReason: null,
      parentRevision: suggestion.parent_revision,
    });
    take('reject', index, index);
  };
  const jump = (way: 1 | -1) => {
    const beyond = way > 0 ? open.find((one) => one > index) : open.findLast((one) => one < index);
    const found = beyond ?? (way > 0 ? open[0] : open.at(-1));
    if (found !== undefined) seek(found);
  };

  useShortcuts(image.may.edit ? COMMANDS['next-suggestion'].group : '', [
    on('accept-suggestion', accept),
    on('reject-suggestion', reject),
    on('accept-all', () => {
      if (open.length > 0) take('accept', 0, last);
    }),
    on('next-suggestion', () => jump(1)),
    on('previous-suggestion', () => jump(-1)),
  ]);
  if (!image.may.edit) return null;
  const end = () => {
    setJobId(null);
    void refetch();
  };
  if (jobId) return <Running jobId={jobId} onEnd={end} />;
  const failure = ask.error ?? decide.error;
  const count = open.length;
  const after = open.filter((one) => one >= index);
  const step = (label: string, command: CommandId, way: 1 | -1) => (
    <Tooltip label={withKey(label, keyNameOf(command))}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={() => jump(way)}>
        {way > 0 ? <IconChevronRight size={16} /> : <IconChevronLeft size={16} />}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <section className={classes.root} aria-label={t`Suggestions`}>
      {count > 0 ? (
        <>
          {step(t`Previous suggestion`, 'previous-suggestion', -1)}
          <span className={classes.count}>
            <Plural value={count} one="# suggestion" other="# suggestions" />
          </span>
          {step(t`Next suggestion`, 'next-suggestion', 1)}
          <Tooltip
            label={
              dirty
                ? t`Save or undo your drawing first`
                : withKey(t`Accept`, keyNameOf('accept-suggestion'))
            }
          >
            <Button size="compact-sm" disabled={!here || dirty} onClick={accept}>
              <Trans>Accept</Trans>
            </Button>
          </Tooltip>
          <Menu position="top-end">
            <Menu.Target>
              <Button variant="default" size="compact-sm">
                <Trans>More</Trans>
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item
                onClick={() => take('accept', 0, last)}
                rightSection={keyNameOf('accept-all')}
              >
                <Trans>Accept all</Trans>
              </Menu.Item>
              <Menu.Item disabled={after.length === 0} onClick={() => take('accept', index, last)}>
                <Trans>Accept from here on</Trans>
              </Menu.Item>
              <Menu.Item disabled={!here || !suggestion || !session} onClick={draw}>
                <Trans>Continue drawing from it</Trans>
              </Menu.Item>
              <Menu.Item
                disabled={!here}
                onClick={reject}
                rightSection={keyNameOf('reject-suggestion')}
              >
                <Trans>Reject</Trans>
              </Menu.Item>
              <Menu.Item color="red" onClick={() => take('reject', 0, last)}>
                <Trans>Reject all</Trans>
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </>
      ) : corrected ? (
        <Menu position="top-end">
          <Menu.Target>
            <Button variant="default" size="compact-sm" loading={ask.isPending}>
              <Trans>Suggest on other frames</Trans>
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {NEAR.filter((reach) => reach < last).map((reach) => (
              <Menu.Item key={reach} onClick={() => ask.mutate(reach)}>
                <Trans>{reach} frames to either side</Trans>
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => ask.mutate(last)}>
              <Trans>All frames</Trans>
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ) : null}
      {failure ? (
        <p className={classes.failure} role="alert">
          {messageOf(failure)}
        </p>
      ) : null}
    </section>
  );
}

/** Progress of the search, with a button to stop it; outlines already found stay. */
function Running({ jobId, onEnd }: { jobId: string; onEnd: () => void }) {
  const job = useLiveJob(`/jobs/${jobId}`, 'queued', onEnd);
  const stop = useMutation({ mutationFn: () => cancelJob(jobId) });
  const done = Math.round((job?.progress ?? 0) * 100);
  return (
    <div className={classes.progress} role="status">
      <span>{job?.state === 'running' ? `${done} %` : t`Queued`}</span>
      <Progress size={4} value={done} aria-label={t`Frames searched`} />
      <Button
        variant="subtle"
        color="gray"
        size="compact-xs"
        loading={stop.isPending}
        onClick={() => stop.mutate()}
      >
        <Trans>Stop</Trans>
      </Button>
    </div>
  );
}
