import { Button, FileButton } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { type ReactNode, useRef } from 'react';

interface Props {
  children: ReactNode;
  loading: boolean;
  onFile: (file: File) => void;
}

/** A button for choosing one ZIP file. */
export function ZipButton({ children, loading, onFile }: Props) {
  const reset = useRef<() => void>(null);
  const choose = (file: File | null) => {
    if (file) onFile(file);
    reset.current?.(); // otherwise the same file could not be chosen again
  };
  return (
    <FileButton accept=".zip,application/zip" resetRef={reset} onChange={choose}>
      {(props) => (
        <Button
          {...props}
          variant="default"
          leftSection={<IconUpload size={16} stroke={1.8} />}
          loading={loading}
        >
          {children}
        </Button>
      )}
    </FileButton>
  );
}
