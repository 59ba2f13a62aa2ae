import type { Menu } from '@mantine/core';
import { cloneElement, lazy, type ReactElement, type ReactNode, Suspense, useState } from 'react';
import { persistently } from './lazily';
import type { MenuPlace, MenuTargetProps } from './OpenedMenu';

/** Menus and their positioning code, which no page needs before one is opened. */
export const loadMenu = () => import('./OpenedMenu');

const loadAhead = () => void loadMenu().catch(() => {});

const OpenedMenu = lazy(async () => ({ default: (await persistently(loadMenu)).OpenedMenu }));

interface Props extends MenuPlace {
  /** The button that opens the menu. */
  target: ReactElement<MenuTargetProps>;
  /** Its items, built from the parts of a menu, which load with its code. */
  children: (parts: typeof Menu) => ReactNode;
  /** Set if others open it too. */
  opened?: boolean;
  onChange?: (opened: boolean) => void;
}

/** A menu whose code is loaded when its button is hovered or focused. */
export function LateMenu({ target, children, opened, onChange, ...place }: Props) {
  const [own, setOwn] = useState(false);
  const [byButton, setByButton] = useState(false);
  const [ever, setEver] = useState(false);
  const open = opened ?? own;
  if (open && !ever) setEver(true);
  const change = onChange ?? setOwn;
  const closed = cloneElement(target, {
    onPointerEnter: loadAhead,
    onFocus: loadAhead,
    onClick: () => {
      setByButton(true);
      change(true);
    },
    'aria-haspopup': 'menu',
    'aria-expanded': false,
  });
  if (!ever) return closed;
  return (
    <Suspense fallback={closed}>
      <OpenedMenu {...place} target={target} opened={open} onChange={change} byButton={byButton}>
        {children}
      </OpenedMenu>
    </Suspense>
  );
}
