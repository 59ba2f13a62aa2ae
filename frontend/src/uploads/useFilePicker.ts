import { useCallback } from 'react';
import { takeIn } from './takeIn';

/** Opens the system's file dialog and adds the chosen files to the queue. */
export function useFilePicker(): () => void {
  return useCallback(() => {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    input.addEventListener('change', () => void takeIn([...(input.files ?? [])]));
    input.click();
  }, []);
}
