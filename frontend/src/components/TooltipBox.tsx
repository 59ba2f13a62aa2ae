import { Tooltip, type TooltipProps } from '@mantine/core';

export interface TooltipBoxProps
  extends Pick<TooltipProps, 'label' | 'position' | 'multiline' | 'maw'> {
  target: HTMLElement;
  opened: boolean;
}

export const TooltipBox = (props: TooltipBoxProps) => <Tooltip {...props} />;
