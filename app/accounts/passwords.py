"""Rules for passwords: a minimum length, and no password that is easy to guess (NIST SP 800-63B).

There are no composition rules: they make passwords worse and annoy people.
"""

from app.core.problems import Problem

MIN_LENGTH = 12
MAX_LENGTH = 256
MIN_DISTINCT = 5
DECORATION = "!.?*#$ "
"""Characters that people put around a common password in the belief that this makes a new one."""

# The most common ones of 12 characters or more in published leaks; shorter ones are refused for
# their length anyway.
_COMMONEST = r"""
000000000000 0123456789ab 0987654321ab 111111111111 111222333444 112233445566 1122334455667788
121212121212 123123123123 1234567890-= 123456789000 123456789012 1234567890123 12345678901234
123456789012345 1234567890ab 1234567890abc 1234567890qwe 1234567890qwerty 123456789abc
123456789qwe 123456789qwerty 12345qwert12345 1234abcd1234 1234qwer1234 1234qwerasdf 123654789123
123abc123abc 123qwe123qwe 123qweasdzxc 147258369147 147258369159 1q2w3e4r5t6y 1q2w3e4r5t6y7u
1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p 1qaz1qaz1qaz 1qaz2wsx3edc 1qaz2wsx3edc4rfv 1qazxsw23edc
222222222222 333333333333 555555555555 666666666666 741852963741 777777777777 789456123000
789456123789 888888888888 987654321000 987654321012 9876543210ab 999999999999 a123456789012
a1b2c3d4e5f6 aaaaaaaaaaaa abc123456789 abc123abc123 abcd12345678 abcd1234abcd abcdef123456
abcdefghijkl abcdefghijklm abcdefghijklmnop admin1234567 admin12345678 adminadminadmin
administrator administrator1 administrator123 asdasdasdasd asdf1234asdf asdfasdfasdf
asdfghjkl123 asdfghjkl1234 asdfghjkl;'\ asdfghjklqwertyuiop basketball12 basketball123
changeme1234 changemeplease chocolate123 correcthorsebatterystaple counterstrike drowssap1234
football1234 football12345 fuckyou12345 hospital1234 hospital12345 iloveyou1234 iloveyou12345
iloveyouforever iloveyousomuch internet1234 letmein12345 letmein123456 letmeinletmein
liverpool123 liverpool1234 manchester123 manchesterunited masterpassword metallica123
monkey123456 motherfucker mypassword12 mypassword123 mypassword1234 newpassword1 newpassword12
newpassword123 onceuponatime p@ssw0rd1234 p@ssword1234 pa$$w0rd1234 pass12345678 passpasspass
passw0rd1234 passw0rd12345 password0000 password1111 password123! password1234 password1234!
password12345 password123456 password1234567 password12345678 password123456789 password2023
password2024 password2025 password2026 password@123 password@1234 passwordpassword pokemon12345
princess1234 princess12345 q1w2e3r4t5y6 q1w2e3r4t5y6u7 q1w2e3r4t5y6u7i8 qazwsx123456
qazwsxedc123 qazwsxedcrfv qazwsxedcrfvtgb qqqqqqqqqqqq qwer1234qwer qwerqwerqwer qwert1234567
qwerty123456 qwerty1234567 qwerty12345678 qwerty123456789 qwerty123qwerty qwertyqwerty
qwertyuiop12 qwertyuiop123 qwertyuiop1234 qwertyuiop[] qwertyuiop[]\ qwertyuiopasdfghjkl
qwertyuiopasdfghjklzxcvbnm qwertzuiop12 qwertzuiop123 radiology123 radiology1234 samsung12345
secretpassword sonoloop1234 sonoloop12345 sonoloopsonoloop starwars1234 summer2024!!
sunshine1234 sunshine12345 superman1234 superman12345 superstar123 test12345678 testtesttest
thisisapassword thisismypassword trustno1trustno1 ultrasound123 ultrasound1234 unbelievable
veryverysecret vfhecz123456 wachtwoord123 welcome1234! welcome12345 welcome123456 welcomewelcome
whatthefuck1 williamshatner xxxxxxxxxxxx zaq12wsxcde3 zaq1xsw2cde3 zaqxswcdevfr zxcvbnm12345
zxcvbnm123456 zxcvbnmasdfghjkl zxcvbnmasdfghjklqwertyuiop zzzzzzzzzzzz
"""
COMMONEST = frozenset(_COMMONEST.split())


def check_password(password: str, *personal: str) -> None:
    """Refuse a password that somebody could guess.

    Args:
        password: as typed.
        personal: what others know about the person: email, name.

    Raises:
        Problem: 422, code ``weak-password``.
    """
    folded = password.casefold()
    known = {text.casefold() for text in personal if text}
    known |= {text.partition("@")[0] for text in known if "@" in text}
    if len(password) < MIN_LENGTH:
        raise _weak(f"has fewer than {MIN_LENGTH} characters")
    if len(password) > MAX_LENGTH:
        raise _weak(f"has more than {MAX_LENGTH} characters")
    if folded in COMMONEST or folded.strip(DECORATION) in COMMONEST:
        raise _weak("is one of the commonest, which are tried first")
    if len(set(folded)) < MIN_DISTINCT:
        raise _weak("repeats the same few characters")
    if folded in known or folded.strip(DECORATION + "0123456789") in known:
        raise _weak("is your email address or your name")


def _weak(reason: str) -> Problem:
    return Problem(
        422,
        "weak-password",
        f"This password {reason}. Choose another; a few words make a good one.",
    )
