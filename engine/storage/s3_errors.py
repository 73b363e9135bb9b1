"""What an S3-compatible server's refusal means, and what its client library's errors do."""

from collections.abc import Mapping
from types import MappingProxyType

from botocore import exceptions as boto
from urllib3.exceptions import HTTPError

from ..model.errors import (
    ConfigInvalid,
    EngineError,
    ObjectMissing,
    SpaceExhausted,
    StorageRefused,
    StorageUnreachable,
)

FAILURES = (boto.BotoCoreError, boto.ClientError, HTTPError)
PRECONDITION = frozenset(("PreconditionFailed", "412"))
GONE = frozenset(("NoSuchUpload", "InvalidPart", "InvalidPartOrder", "InvalidRequest"))

_MISSING = frozenset(("NoSuchKey", "404", "NotFound"))
_FULL = frozenset(
    (
        "QuotaExceeded",
        "InsufficientStorage",
        "StorageFull",
        "TooManyObjects",
        "XMinioStorageFull",
        "XMinioAdminBucketQuotaExceeded",
        "507",
    )
)
# From BadDigest on: answers to requests that were damaged or overtaken on their way.
_AGAIN = frozenset(
    (
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequests",
        "RequestTimeout",
        "RequestLimitExceeded",
        "BadDigest",
        "XAmzContentSHA256Mismatch",
        "IncompleteBody",
        "OperationAborted",
        "ConditionalRequestConflict",
        "PreconditionFailed",
        "412",
    )
)
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "NoSuchBucket": "Create the bucket, or correct `bucket` of the storage profile.",
        "403": "Check the credentials, and their right to list and read the bucket.",
        "AccessDenied": "Grant s3:GetObject, PutObject, DeleteObject and ListBucket on the bucket.",
        "SignatureDoesNotMatch": "Correct the secret key, and check `region` and `endpoint` of the profile.",
        "InvalidAccessKeyId": "Correct the access key of the profile.",
        "ExpiredToken": "Renew the temporary credentials.",
        "RequestTimeTooSkewed": "Set this machine's clock.",
        "PermanentRedirect": "Correct `region` and `endpoint` of the storage profile.",
        "AuthorizationHeaderMalformed": "Correct `region` of the storage profile.",
    }
)
_CREDENTIALS = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.MetadataRetrievalError,
    boto.NoAuthTokenError,
    boto.SSOError,
    boto.TokenRetrievalError,
)


def code_of(error: boto.ClientError) -> str:
    """Return the code that the server named, or its HTTP status."""
    return str(error.response.get("Error", {}).get("Code", "")) or str(_status(error))


def unknown_features(error: boto.ClientError) -> tuple[bool, bool]:
    """Return whether the server says that it does not know checksums, and conditional writes."""
    text = str(error.response.get("Error", {}).get("Message", "")).lower()
    checksum, condition = "checksum" in text, "none-match" in text
    if code_of(error) in ("NotImplemented", "501"):
        return (checksum or not condition, condition or not checksum)
    return (
        (checksum, condition) if code_of(error) in ("InvalidArgument", "InvalidRequest") else (False, False)
    )


def translated(error: Exception, *, bucket: str, key: str) -> EngineError:
    """Return the error to raise: never the library's text, which may hold keys and signed addresses."""
    if isinstance(error, boto.ClientError):
        return _refusal(error, bucket=bucket, key=key)
    if isinstance(error, boto.ProfileNotFound):
        return ConfigInvalid("no such profile in the shared AWS configuration", "Correct `awscli_profile`.")
    if isinstance(error, _CREDENTIALS):
        hint = "Set access_key and secret_key of the profile, an `awscli_profile`, or AWS_ACCESS_KEY_ID."
        return StorageRefused(f"no usable credentials for bucket `{bucket}`", hint)
    if isinstance(error, (boto.SSLError, boto.ProxyConnectionError)):
        hint = "Check the endpoint's certificate, http or https, and the proxy settings."
        return StorageUnreachable(f"no secure connection to bucket `{bucket}`", hint)
    if isinstance(error, (boto.ParamValidationError, boto.InvalidRegionError)):
        hint = "Correct `endpoint`, `region` and `bucket` of the storage profile."
        return ConfigInvalid(f"the address of bucket `{bucket}` cannot be used", hint)
    return StorageUnreachable(f"bucket `{bucket}` does not answer", cause=type(error).__name__)


def _refusal(error: boto.ClientError, *, bucket: str, key: str) -> EngineError:
    code, status = code_of(error), _status(error)
    if code in _MISSING:
        return ObjectMissing(f"no object `{key}` in bucket `{bucket}`", code=code)
    if code in _FULL:
        hint = "Free space in the bucket or raise its quota, then run the same command again."
        return SpaceExhausted(f"bucket `{bucket}` is full", hint, code=code)
    if code in _AGAIN or status == 429 or (status >= 500 and status != 501):
        return StorageUnreachable(f"bucket `{bucket}` could not answer: `{code}`", code=code)
    hint = _HINTS.get(code, "")
    return StorageRefused(f"bucket `{bucket}` refused: `{code}`", hint, code=code)


def _status(error: boto.ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
