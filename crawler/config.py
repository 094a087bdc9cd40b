"""Settings: one frozen record, read once at the door from TOML and environment.

Unknown keys are refused with their name. Everyone else receives parts of it.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from crawler.domain.assessment import Level
from crawler.domain.delivery import EventType
from crawler.domain.errors import BadInput, fault_in_toml, wrong_with
from crawler.domain.signing_key import key_from
from crawler.domain.user import Role

LEAST_DAYS = {"pages_days": 90, "found_days": 365, "messages_days": 183, "sign_ins_days": 183}
_STRICT = ConfigDict(frozen=True, extra="forbid")


class CrawlSettings(BaseModel):
    """How the web is walked."""

    model_config = _STRICT

    hosts: tuple[str, ...] = ()  # address[:http-port[:https-port]] name…
    hosts_file: Path | None = None
    allow: tuple[str, ...] = ()  # ranges that open the policy
    deny: tuple[str, ...] = ()  # ranges of our own that are never connected to
    ports: tuple[int, ...] = (80, 443, 8080, 8443)
    proxy: str = ""
    egress: tuple[IPvAnyAddress, ...] = ()  # public addresses of ours: the papers name them
    slots: int = Field(default=1_024, ge=1)  # open visits a fetcher, at most
    least_slots: int = Field(default=32, ge=1)  # and at least, where line or machine cannot follow
    adjusts: bool = True  # slots and browser pages by how line and machine follow
    fetchers: int = 0  # 0: one a core
    # what a machine claims is its own for so long; it prolongs what it holds
    lease_s: float = Field(default=900.0, ge=2)
    robots: Literal["respect", "ignore"] = "respect"  # the authority may decide otherwise
    patient: bool = True  # look again, longer, at what did not end well
    # also as a phone and from a search engine, where a page or its subject's name asks for it
    looks: Literal["suspicious", "off"] = "suspicious"
    agent: str = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/140.0.0.0 Safari/537.36"
    )


class BrowserSettings(BaseModel):
    """How pages are drawn."""

    model_config = _STRICT

    enabled: bool = True
    executable: str = ""  # empty: whichever is there
    # a browser elsewhere: http(s)://… (CDP), ws(s)://… (a Playwright server)
    remote: SecretStr = SecretStr("")
    remote_from: tuple[str, ...] = ()  # ranges whence it calls back; empty: its own addresses
    way_back: str = "127.0.0.1"  # name or address of ours at which it reaches the way out
    sandbox: Literal["on", "off"] = "on"
    pages: int = Field(default=2, ge=1)  # at the same time, at most
    least_pages: int = Field(default=1, ge=1)
    album: int = 10_000  # homepages a day that are drawn only to have a picture of each; 0: none
    user: str = ""  # empty: an unprivileged one is found


class StoreSettings(BaseModel):
    """Where rows and evidence lie."""

    model_config = _STRICT

    database: str = ""  # empty: SQLite in the home folder
    # sealed segments are copied there, each created once: s3://bucket/prefix
    objects: str = Field(default="", pattern=r"^((s3|file)://\S+)?$")
    objects_endpoint: str = ""  # of an S3 that is not Amazon's
    objects_region: str = ""
    objects_access_key: SecretStr = SecretStr("")
    objects_secret_key: SecretStr = SecretStr("")


class SearchSettings(BaseModel):
    """Which engine answers searches."""

    model_config = _STRICT

    # address; empty: the embedded engine
    elasticsearch: str = Field(default="", pattern=r"^(https?://[^/?#\s]+/?)?$")
    index: str = Field(
        default="xunwang-texts", pattern=r"^[a-z][a-z0-9-]{0,99}$"
    )  # the alias's name
    user: str = ""
    password: SecretStr = SecretStr("")
    ca_file: Path | None = None
    timeout_s: float = Field(default=10.0, gt=0)
    hits_only: bool = False  # index only texts in which something was found
    keep_days: int = Field(
        default=0, ge=0
    )  # texts first seen before that leave the index; 0: none does


class EndpointSettings(BaseModel):
    """One receiver of signed messages. Without a url it comes and fetches them (API, /events)."""

    model_config = _STRICT

    name: str = Field(min_length=1, max_length=100)
    url: str = ""
    secret: SecretStr = SecretStr("")
    former_secret: SecretStr = SecretStr("")  # still accepted while keys change hands
    sm3: bool = False  # a second signature by HMAC-SM3
    events: tuple[EventType, ...] = ()
    levels: tuple[Level, ...] = ()
    regions: tuple[str, ...] = ()
    mapping: Path | None = None  # its own names and codes: a file, beside the settings if relative

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        if self.url and not self.secret.get_secret_value():
            raise ValueError(f"接收端 {self.name} 有 url，须有 secret")
        return self


class PeerSettings(BaseModel):
    """Another installation: a district that reports here, or the city whose tasks come here."""

    model_config = _STRICT

    name: str = Field(min_length=1, max_length=100)
    secret: SecretStr
    former_secret: SecretStr = SecretStr("")
    regions: tuple[str, ...] = ()  # for which it may speak; none: all
    url: str = ""  # of its API without /api/v1, to answer its tasks


class DeliverySettings(BaseModel):
    """How messages leave the house."""

    model_config = _STRICT

    endpoints: tuple[EndpointSettings, ...] = ()
    peers: tuple[PeerSettings, ...] = ()  # docked installations whose messages are taken in
    timeout_s: float = Field(default=20.0, ge=1, le=120)  # a claim holds for three of them
    allow: tuple[str, ...] = ()  # private ranges or hosts that may receive

    @model_validator(mode="after")
    def _has_one_of_a_name(self) -> Self:
        names = [one.name for one in self.endpoints]
        if len(set(names)) < len(names):
            raise ValueError("接收端的 name 不能重复：消息按它排队")
        return self

    @model_validator(mode="after")
    def _tells_them_apart_by_key(self) -> Self:
        for group in (self.endpoints, self.peers):
            whose: dict[bytes, str] = {}
            for one in group:
                for key in _keys_of(one):
                    if whose.setdefault(key, one.name) != one.name:
                        raise ValueError(f"{whose[key]} 与 {one.name} 的密钥相同，来件分不清是谁的")
        return self


def _keys_of(one: EndpointSettings | PeerSettings) -> list[bytes]:
    """The bytes of its keys; ValueError names whose cannot be used, and repeats none."""
    written = (one.secret.get_secret_value(), one.former_secret.get_secret_value())
    try:
        return [key_from(secret) for secret in written if secret]
    except BadInput as mistake:
        raise ValueError(f"{one.name} 的 secret 或 former_secret：{mistake}") from None


class ReviewSettings(BaseModel):
    """What a decision needs."""

    model_config = _STRICT

    approval_from: Level | None = Level.ORANGE  # tasks at or above need a supervisor; none: never
    lexicon_consent: bool = True  # word lists are published with a supervisor's consent only


class OpsSettings(BaseModel):
    """What operations are told, which folder gives new lists, what room must be left."""

    model_config = _STRICT

    webhook: str = ""  # told, signed like any message, what needs a person
    secret: SecretStr = SecretStr("")
    mail_to: tuple[str, ...] = ()
    mail_from: str = "xunwang@localhost"
    smtp: str = ""  # host:port
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1/128")  # who may read the figures
    list_folder: Path | None = None  # each new file in it is taken once
    list_command: tuple[str, ...] = ()  # puts new files there; its words, no shell
    list_source: str = "备案系统"
    list_minutes: int = Field(default=10, ge=1)  # between two looks
    most_shrink: float = Field(default=0.2, ge=0, le=1)  # a list that loses more waits for a person
    least_free_mb: int = Field(default=1_024, ge=0)  # below it no sweep runs
    backup_days: int = Field(default=3, ge=0)  # without a whole backup since then is told; 0: never

    @model_validator(mode="after")
    def _is_signed(self) -> Self:
        secret = self.secret.get_secret_value()
        if self.webhook and not secret:
            raise ValueError("ops.webhook 须有 ops.secret")
        try:
            if secret:
                key_from(secret)
        except BadInput as mistake:
            raise ValueError(f"ops.secret：{mistake}") from None
        return self


class EvidenceSettings(BaseModel):
    """How evidence is bound to a moment."""

    model_config = _STRICT

    timestamp_url: str = ""  # an RFC 3161 authority; empty: none is asked


class KeepSettings(BaseModel):
    """For how many days what is kept; 0: for ever. What is confirmed, open or on hold never goes.

    Below the least values a slip would cost what the law wants kept (docs/decisions/0008).
    """

    model_config = _STRICT

    pages_days: int = Field(default=730, ge=0)
    found_days: int = Field(default=1_827, ge=0)
    messages_days: int = Field(default=1_096, ge=0)
    sign_ins_days: int = Field(default=365, ge=0)
    most_share: float = Field(default=0.2, gt=0, le=1)  # of all captures, in one go by itself
    hour: int = Field(default=4, ge=0, le=23)  # of the day, in China, at which `serve` does it
    daily: bool = True

    @model_validator(mode="after")
    def _is_long_enough(self) -> Self:
        for name, least in LEAST_DAYS.items():
            days = getattr(self, name)
            if days and days < least:
                raise ValueError(f"keep.{name} 不能少于 {least} 天（0 为不删除）")
        if self.pages_days and self.found_days and self.found_days < self.pages_days:
            raise ValueError("keep.found_days 不能短于 keep.pages_days")
        if self.found_days and not self.pages_days:
            raise ValueError("keep.pages_days 为 0（不删除）时，keep.found_days 也须为 0")
        return self


_WEB = r"https://[^/?#@\s]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?"


class OidcSettings(BaseModel):
    """An identity provider (OpenID Connect) at which people sign in. They have accounts here."""

    model_config = _STRICT

    issuer: str = Field(pattern=rf"^({_WEB})(/[^?#\s]*)?$")  # exactly as the provider writes it
    client: str = Field(min_length=1, max_length=200)
    secret: SecretStr = SecretStr("")  # empty: a public client, by PKCE alone
    address: str = Field(pattern=rf"^({_WEB})$")  # of this console, as people type it
    claim: str = Field(default="preferred_username", min_length=1)  # holds the account's name here
    scopes: str = "openid profile"
    passwords: Literal["admin", "all", "none"] = "admin"  # who may come in by password still
    ca_file: Path | None = None  # trusted beside those of the system

    @model_validator(mode="after")
    def _asks_for_a_token(self) -> Self:
        if "openid" not in self.scopes.split():
            raise ValueError("console.oidc.scopes 须含 openid")
        return self


class ConsoleSettings(BaseModel):
    """Who may come in, and for how long."""

    model_config = _STRICT

    oidc: OidcSettings | None = None
    idle_minutes: int = 30
    longest_hours: int = 8
    second_factor: tuple[Role, ...] = ()  # roles that must have one
    plain_http: bool = False  # sign in without TLS from other machines too (behind a tunnel)


class Config(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix="XUNWANG_", env_nested_delimiter="__"
    )

    home: Path = Path("var")
    region: str = "310000"
    language: Literal["zh", "en"] = "zh"
    crawl: CrawlSettings = CrawlSettings()
    browser: BrowserSettings = BrowserSettings()
    store: StoreSettings = StoreSettings()
    search: SearchSettings = SearchSettings()
    delivery: DeliverySettings = DeliverySettings()
    review: ReviewSettings = ReviewSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    console: ConsoleSettings = ConsoleSettings()
    keep: KeepSettings = KeepSettings()
    ops: OpsSettings = OpsSettings()

    @property
    def database_url(self) -> str:
        """The database of this installation."""
        return self.store.database or f"sqlite:///{self.home.absolute() / 'xunwang.db'}"

    @property
    def evidence_folder(self) -> Path:
        """Where segments lie."""
        return self.home / "evidence"


def load_config(home: Path, file: Path | None = None) -> Config:
    """Read it once; BadInput names the key that is wrong."""
    if file is not None and not file.is_file():
        raise BadInput(f"配置文件 {file} 不存在")
    try:
        return _config_class(file or home / "xunwang.toml")(home=home)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"配置项 {key} 有误：{wrong_with(first)}") from None
    except ValueError as error:  # TOML that is none
        raise BadInput(f"配置文件无法解析：{fault_in_toml(error)}") from None


def _config_class(file: Path) -> type[Config]:
    """Config that reads this file. Arguments win over environment, environment over file."""

    class FileConfig(Config):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)

    return FileConfig
