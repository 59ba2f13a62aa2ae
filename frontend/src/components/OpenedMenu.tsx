import { Menu, type MenuDropdownProps, type MenuProps } from '@mantine/core';
import {
  cloneElement,
  type ReactElement,
  type ReactNode,
  type Ref,
  useEffect,
  useRef,
  useState,
} from 'react';

export interface MenuPlace extends Pick<MenuProps, 'position' | 'width'> {
  dropdown?: Pick<MenuDropdownProps, 'className' | 'onKeyDown'>;
}

export interface MenuTargetProps {
  ref?: Ref<HTMLButtonElement>;
  onPointerEnter?: () => void;
  onFocus?: () => void;
  onClick?: () => void;
  'aria-haspopup'?: 'menu';
  'aria-expanded'?: boolean;
}

interface Props extends MenuPlace {
  target: ReactElement<MenuTargetProps>;
  children: (parts: typeof Menu) => ReactNode;
  opened: boolean;
  onChange: (opened: boolean) => void;
  /** The replaced button had the focus. */
  byButton: boolean;
}

/** A menu, from the first time it is opened. */
export function OpenedMenu({ target, children, dropdown, opened, byButton, ...menu }: Props) {
  const button = useRef<HTMLButtonElement>(null);
  const [there, setThere] = useState(false);
  useEffect(() => {
    // The focus returns to the element that has it when the menu opens.
    if (byButton) button.current?.focus({ preventScroll: true });
    setThere(true);
  }, [byButton]);
  return (
    <Menu {...menu} opened={opened && there}>
      <Menu.Target>{cloneElement(target, { ref: button })}</Menu.Target>
      <Menu.Dropdown {...dropdown}>{children(Menu)}</Menu.Dropdown>
    </Menu>
  );
}
