"""Sending one message by SMTP. Messages never contain anything about patients or images."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from app.core.settings import Settings

log = logging.getLogger(__name__)
SECONDS = 10


def is_set_up(settings: Settings) -> bool:
    """Whether the site can send messages."""
    return bool(settings.smtp_host and settings.smtp_from)


def send(settings: Settings, to: str, subject: str, text: str) -> bool:
    """Send a message; return whether the server accepted it. The log has any error, no address."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.smtp_from, to, subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="sonoloop.invalid")
    # Without this header, mail programs may send automatic replies.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    try:
        with _connected(settings) as server:
            if settings.smtp_user and settings.smtp_password is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(message)
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        log.warning("a message was not sent: %s", type(error).__name__)
        return False
    return True


def _connected(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host, settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=SECONDS)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server
