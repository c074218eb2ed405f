"""What can go wrong with bytes and facts at rest."""

from __future__ import annotations

from formats.errors import Conflict, HeshiError, Invalid, NotFound


class StaleRevision(Conflict):
    """A compare-and-swap found another revision than expected. `Database.transact` runs the closure again."""

    code = "vault.stale_revision"


class Busy(Conflict):
    """The same rows were changed by others again and again; nothing was changed."""

    code = "vault.busy"
    zh = "同时操作的人较多，请稍后重试。"
    en = "Too many changes at the same time; please try again in a moment."
    status = 503


class Erased(NotFound):
    """The data key of this person or case was destroyed; the content can never be read again."""

    code = "vault.erased"
    zh = "该内容已按规定清除，无法恢复。"
    en = "This content was erased and cannot be recovered."
    status = 410


class Unreadable(HeshiError):
    """Encrypted data does not verify: altered, moved to another place, or under another key."""

    code = "vault.unreadable"
    zh = "数据校验未通过，可能已损坏或被改动，请联系管理员。"
    en = "Stored data does not verify; it may be damaged or altered. Call the administrator."
    status = 500


class KeysExposed(HeshiError):
    """A key file may be read by others; the service refuses to start."""

    code = "keys.exposed"
    zh = "密钥文件可被他人读取，请将权限改为 0600 后再启动。"
    en = "A key file is readable by others; set its mode to 0600 and start again."
    status = 500


class KeysDamaged(HeshiError):
    """A key file is missing or damaged. It is never made anew by itself: everything under the old key would be lost."""

    code = "keys.damaged"
    zh = "密钥文件缺失或损坏，请从备份恢复后再启动。"
    en = "A key file is missing or damaged; restore it from its safe copy and start again."
    status = 500


class BadDatabaseUrl(Invalid):
    """The database setting names neither a SQLite file nor a PostgreSQL server."""

    code = "database.bad_url"
    zh = "数据库地址无效，请使用 sqlite:///文件 或 postgresql://…。"
    en = "The database address is not valid; use sqlite:///file or postgresql://…."


class BadBlobUrl(Invalid):
    """The blob store setting names neither a folder nor an S3 bucket."""

    code = "blobs.bad_url"
    zh = "文件存储地址无效，请使用 file:///文件夹 或 s3://存储桶。"
    en = "The blob store address is not valid; use file:///folder or s3://bucket."


class NoBlob(NotFound):
    """There is no blob of that id."""

    code = "blobs.not_found"


class LeaseLost(Conflict):
    """The job was given to another worker meanwhile (or ended); this one's result is void."""

    code = "jobs.lease_lost"
    zh = "该任务已由其他进程接手。"
    en = "Another worker has taken over this job."
