import { t } from '@lingui/core/macro';
import { memo, useSyncExternalStore } from 'react';
import { Tooltip } from '../components/Tooltip';
import { useCorrection } from './CorrectionContext';
import type { CorrectionSession } from './core/session';
import classes from './PresenceStrip.module.css';
import type { PresentPerson } from './wire';

const MOST_SHOWN = 4;

/** The other people who have this image open, and who of them is drawing. */
export const PresenceStrip = memo(function PresenceStrip() {
  const { session } = useCorrection();
  return session ? <People session={session} /> : null;
});

function People({ session }: { session: CorrectionSession }) {
  const { others } = session.presence;
  const { people } = useSyncExternalStore(others.subscribe, others.get);
  if (people.length === 0) return null;
  const editors = people.filter(({ editing }) => editing);
  return (
    <div className={classes.root} data-testid="presence">
      <ul className={classes.people} aria-label={t`Also here`}>
        {people.slice(0, MOST_SHOWN).map((person) => (
          <li key={person.id}>
            <Tooltip label={whatTheyDo(person)}>
              <span className={classes.person} data-editing={person.editing}>
                <span aria-hidden="true">{initials(person.name)}</span>
                <span className={classes.said}>{whatTheyDo(person)}</span>
              </span>
            </Tooltip>
          </li>
        ))}
        {people.length > MOST_SHOWN ? (
          <li className={classes.more}>+{people.length - MOST_SHOWN}</li>
        ) : null}
      </ul>
      {editors.length > 0 ? <span className={classes.text}>{editingText(editors)}</span> : null}
    </div>
  );
}

const whatTheyDo = ({ name, editing }: PresentPerson) =>
  editing ? t`${name} is editing` : t`${name} is viewing`;

/** "Dr A is editing", "Dr A and Dr B are editing", "Dr A and 2 others are editing". */
export function editingText(people: readonly Pick<PresentPerson, 'name'>[]): string {
  const [first = '', second = ''] = people.map(({ name }) => name);
  if (people.length === 1) return t`${first} is editing`;
  if (people.length === 2) return t`${first} and ${second} are editing`;
  return t`${first} and ${people.length - 1} others are editing`;
}

export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => word?.charAt(0).toUpperCase() ?? '').join('');
}
