import { Notifications } from '@mantine/notifications';

export const MessageList = () => (
  <Notifications position="bottom-center" limit={3} autoClose={5000} />
);
