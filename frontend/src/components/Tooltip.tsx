import { cloneElement, type PointerEvent, type ReactElement, useEffect, useState } from 'react';
import { lazily } from './lazily';
import type { TooltipBoxProps } from './TooltipBox';

const OPEN_AFTER_MS = 350;

/** The box and its positioning code, which no page needs before a mouse rests on something. */
export const loadTooltip = () => import('./TooltipBox');

const TooltipBox = lazily(async () => (await loadTooltip()).TooltipBox);

interface TargetProps {
  onPointerEnter?: (event: PointerEvent<HTMLElement>) => void;
  onPointerLeave?: (event: PointerEvent<HTMLElement>) => void;
}

interface Props extends Pick<TooltipBoxProps, 'label' | 'position' | 'multiline' | 'maw'> {
  disabled?: boolean;
  /** One element that forwards pointer events. */
  children: ReactElement<TargetProps>;
}

/** Text for a mouse resting on an element; keyboards and screen readers use the element's name. */
export function Tooltip({ disabled = false, children, ...box }: Props) {
  const [target, setTarget] = useState<HTMLElement | null>(null);
  const [resting, setResting] = useState(false);
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    if (!resting) return;
    void loadTooltip().catch(() => {});
    const timer = setTimeout(() => setOpened(true), OPEN_AFTER_MS);
    const close = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setResting(false);
    };
    window.addEventListener('keydown', close);
    return () => {
      clearTimeout(timer);
      window.removeEventListener('keydown', close);
      setOpened(false);
    };
  }, [resting]);
  return (
    <>
      {cloneElement(children, {
        onPointerEnter: (event) => {
          children.props.onPointerEnter?.(event);
          if (event.pointerType === 'touch') return;
          setTarget(event.currentTarget);
          setResting(true);
        },
        onPointerLeave: (event) => {
          children.props.onPointerLeave?.(event);
          setResting(false);
        },
      })}
      {target && !disabled ? <TooltipBox {...box} target={target} opened={opened} /> : null}
    </>
  );
}
