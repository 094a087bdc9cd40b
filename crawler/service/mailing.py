"""Plain mail by the server that the settings name."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage

from crawler.config import OpsSettings

MAIL_S = 20.0


def send_mail(ops: OpsSettings, to: Sequence[str], subject: str, text: str) -> str:
    """Why it did not go, in a word of the trouble's kind; empty if it went."""
    if not ops.smtp:
        return "没有设置邮件服务器（ops.smtp）"
    host, _, port = ops.smtp.partition(":")
    try:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = subject, ops.mail_from, ", ".join(to)
        mail.set_content(text)
        with smtplib.SMTP(host, int(port or 25), timeout=MAIL_S) as post:
            post.ehlo()
            if post.has_extn("starttls"):
                post.starttls(context=ssl.create_default_context())
                post.ehlo()
            if ops.smtp_user:
                post.login(ops.smtp_user, ops.smtp_password.get_secret_value())
            post.send_message(mail)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        return type(error).__name__
    return ""
