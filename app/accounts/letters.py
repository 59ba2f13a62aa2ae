"""Letters to people in their own language: an invitation, a link for a new password."""

from dataclasses import dataclass

from app.accounts import links
from app.accounts.tables import LinkPurpose
from app.core.languages import Language
from app.core.settings import Settings
from app.mail.sending import is_set_up, send


@dataclass(frozen=True, slots=True)
class _Words:
    """A letter's text. The site's name and address fill the gaps."""

    subject: str
    begins: str
    does: str
    ends: str


_INVITATIONS: dict[Language, _Words] = {
    "en": _Words(
        "{site}: your invitation",
        "An administrator of {site} ({url}) has made an account for you.",
        "This link lets you choose your password. It works once, within 7 days:",
        "If you do not know what this is about, ignore this message.",
    ),
    "de": _Words(
        "{site}: Ihre Einladung",
        "Jemand aus der Verwaltung von {site} ({url}) hat ein Konto für Sie angelegt.",
        "Über diesen Link wählen Sie Ihr Passwort. Er gilt einmal, 7 Tage lang:",
        "Wenn Sie nicht wissen, worum es geht, ignorieren Sie diese Nachricht.",
    ),
    "es": _Words(
        "{site}: su invitación",
        "Un administrador de {site} ({url}) ha creado una cuenta para usted.",
        "Con este enlace puede elegir su contraseña. Sirve una sola vez, durante 7 días:",
        "Si no sabe de qué se trata, ignore este mensaje.",
    ),
    "zh-Hans": _Words(
        "{site}：您的邀请",
        "{site}（{url}）的管理员为您创建了一个账户。",
        "您可以通过此链接设置密码。链接只能使用一次，7 天内有效：",
        "如果您不清楚此事，请忽略本邮件。",
    ),
}
_RESETS: dict[Language, _Words] = {
    "en": _Words(
        "{site}: a new password",
        "A new password was asked for your account at {site} ({url}).",
        "This link lets you choose one. It works once, within 24 hours:",
        "If you did not ask for this, ignore this message: your password stays as it is.",
    ),
    "de": _Words(
        "{site}: neues Passwort",
        "Für Ihr Konto bei {site} ({url}) wurde ein neues Passwort angefordert.",
        "Über diesen Link wählen Sie eines. Er gilt einmal, 24 Stunden lang:",
        "Wenn Sie das nicht angefordert haben, ignorieren Sie diese Nachricht: "
        "Ihr Passwort bleibt, wie es ist.",
    ),
    "es": _Words(
        "{site}: contraseña nueva",
        "Se ha solicitado una contraseña nueva para su cuenta de {site} ({url}).",
        "Con este enlace puede elegirla. Sirve una sola vez, durante 24 horas:",
        "Si no la ha solicitado, ignore este mensaje: su contraseña no cambia.",
    ),
    "zh-Hans": _Words(
        "{site}：设置新密码",
        "有人为您在 {site}（{url}）的账户申请了新密码。",
        "您可以通过此链接设置新密码。链接只能使用一次，24 小时内有效：",
        "如果不是您本人申请，请忽略本邮件：您的密码不会改变。",
    ),
}


def send_link(
    settings: Settings,
    purpose: LinkPurpose,
    email: str | None,
    secret: str,
    *languages: str | None,
) -> bool:
    """Send a person their one-time link; return false if the site sends no e-mail or the server
    failed.

    Args:
        languages: the person's own, then others that they may read; tried before the site's and
            English.
    """
    if email is None or not is_set_up(settings):
        return False
    letters = _INVITATIONS if purpose is LinkPurpose.INVITATION else _RESETS
    spoken = {str(one): words for one, words in letters.items()}
    words = next(
        spoken[one] for one in (*languages, settings.default_language, "en") if one in spoken
    )
    gaps = {"site": settings.site_name or "Sonoloop", "url": settings.url}
    begins, ends = words.begins.format(**gaps), words.ends
    text = f"{begins}\n\n{words.does}\n\n{links.url(settings, secret)}\n\n{ends}\n"
    return send(settings, email, words.subject.format(**gaps), text)
