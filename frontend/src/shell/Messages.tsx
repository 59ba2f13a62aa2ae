import { notificationsStore, useNotifications } from '@mantine/notifications';
import { useEffect, useState } from 'react';
import { lazily } from '../components/lazily';

const MessageList = lazily(async () => (await import('./MessageList')).MessageList);

/** The page itself is loaded first. */
const AFTER_MS = 3000;

/** Short messages over the page; their code is loaded soon after it, or with the first message. */
export function Messages() {
  const some = useNotifications(notificationsStore).notifications.length > 0;
  const [due, setDue] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setDue(true), AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return due || some ? <MessageList /> : null;
}
