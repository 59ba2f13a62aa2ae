import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Kbd } from '@mantine/core';
import { IconRestore } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState } from 'react';
import { canBeChosen, keyName, keysNow, type OwnKeys } from '../../app/ownKeys';
import { Tooltip } from '../../components/Tooltip';
import { choiceOf, type Entry, withoutOwn } from './choosing';
import classes from './KeysPage.module.css';

interface Props {
  entry: Entry;
  own: OwnKeys;
  onChange: (own: OwnKeys) => void;
}

/** A command with its keys; the key that can be changed is a button that waits for a new one. */
export function KeyRow({ entry, own, onChange }: Props) {
  const [waits, setWaits] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const said = useId();
  const button = useRef<HTMLButtonElement>(null);
  const keys = keysNow(entry, own);
  const names = entry.shown ? entry.shown.split(' ') : keys.map(keyName);
  const changeable = !entry.fixed;
  const chosen = keys.filter(canBeChosen).map(keyName);
  const staying = changeable ? keys.filter((key) => !canBeChosen(key)).map(keyName) : names;
  const { label } = entry;

  useEffect(() => {
    if (!waits) return;
    const listen = (event: KeyboardEvent) => {
      if (event.key === 'Tab') {
        setWaits(false);
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (event.key === 'Escape') {
        setWaits(false);
        setRefused(null);
        return;
      }
      if (event.key === 'Backspace' || event.key === 'Delete') {
        setWaits(false);
        setRefused(null);
        onChange({ ...own, [entry.id]: null });
        return;
      }
      const choice = choiceOf(event, entry, own);
      if (choice === null) return;
      if ('refused' in choice) {
        setRefused(choice.refused);
        return;
      }
      setWaits(false);
      setRefused(null);
      onChange({ ...own, [entry.id]: choice.key });
    };
    // Before every listener of the page: the chosen key must not run a command.
    window.addEventListener('keydown', listen, { capture: true });
    return () => window.removeEventListener('keydown', listen, { capture: true });
  }, [waits, entry, own, onChange]);

  const reset = () => {
    const before = withoutOwn(entry, own);
    if ('refused' in before) setRefused(before.refused);
    else {
      setRefused(null);
      onChange(before.own);
      button.current?.focus();
    }
  };
  const now = chosen.join(' ') || t`no key`;
  return (
    <li className={classes.row} data-command={entry.id}>
      <span className={classes.label}>{label}</span>
      <span className={classes.keys}>
        {own[entry.id] === undefined ? null : (
          <Tooltip label={t`Reset this key`}>
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t`Reset the key of “${label}”`}
              onClick={reset}
            >
              <IconRestore size={16} stroke={1.7} />
            </ActionIcon>
          </Tooltip>
        )}
        {changeable ? (
          <button
            ref={button}
            type="button"
            className={classes.key}
            data-waits={waits}
            aria-label={waits ? t`Press the new key of “${label}”` : t`Key of “${label}”: ${now}`}
            aria-describedby={refused ? said : undefined}
            onClick={() => setWaits(!waits)}
            onBlur={() => setWaits(false)}
          >
            {waits ? (
              <Trans>Press a key</Trans>
            ) : chosen.length > 0 ? (
              chosen.map((name) => <kbd key={name}>{name}</kbd>)
            ) : (
              <Trans>No key</Trans>
            )}
          </button>
        ) : null}
        {staying.map((name) => (
          <Kbd key={name} size="sm">
            {name}
          </Kbd>
        ))}
      </span>
      {waits ? (
        <span className={classes.hint}>
          <Trans>Esc keeps the old key, ⌫ removes it.</Trans>
        </span>
      ) : null}
      {refused ? (
        <span id={said} className={classes.refused} role="alert">
          {refused}
        </span>
      ) : null}
    </li>
  );
}
