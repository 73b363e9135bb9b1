"""Storage profiles: what each provider needs, and credentials from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model.secret import Secret
from ..model.settings import Setting
from ..model.target import StorageProfile
from .document import Block, invalid
from .environment import environment
from .schema import ProfileModel
from .shape import origin_of

_ACCESS = ("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")
_SECRET = ("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECRET")
_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class Profiles:
    """Builds storage profiles. Keys of the profile count, then the environment, then the AWS profile."""

    models: Mapping[str, ProfileModel]
    tree: Block
    base: Path

    def profile(self, name: str) -> StorageProfile:
        """Return one profile.

        Raises:
            ConfigInvalid: a value that its provider needs is not there.
        """
        model = self.models[name]
        self._require(name, model)
        found = self._found(model)
        return StorageProfile(
            name=name,
            provider=model.provider,
            path=self.base / Path(model.path).expanduser() if model.path else None,
            bucket=model.bucket or "",
            prefix=model.prefix,
            region=model.region or environment().get(found.get("region", "")),
            endpoint=model.endpoint or environment().get(found.get("endpoint", "")),
            account_id=model.account_id,
            awscli_profile=model.awscli_profile,
            access_key=_secret(model.access_key, found.get("access_key")),
            secret_key=_secret(model.secret_key, found.get("secret_key")),
            session_token=_secret(model.session_token, found.get("session_token")),
        )

    def from_environment(self) -> tuple[Setting, ...]:
        """Return what profiles take from AWS_ variables, fit to be shown."""
        shown = ("region", "endpoint")
        return tuple(
            Setting(
                f"storage_profiles.{name}.{key}",
                environment()[variable] if key in shown else str(Secret("")),
                variable,
            )
            for name, model in self.models.items()
            for key, variable in self._found(model).items()
        )

    def _found(self, model: ProfileModel) -> dict[str, str]:
        """Return which variables fill which keys of a profile."""
        found: dict[str, str] = {}
        if model.provider == "local":
            return found
        access, secret = _first(_ACCESS), _first(_SECRET)
        if not model.access_key and access and secret:
            found |= {"access_key": access, "secret_key": secret}
            if token := _first(("AWS_SESSION_TOKEN",)):
                found["session_token"] = token
        if model.provider == "s3" and not model.region and (region := _first(_REGION)):
            found["region"] = region
        endpoint = _first(("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
        if endpoint and not model.endpoint and not model.account_id:
            found["endpoint"] = endpoint
        return found

    def _require(self, name: str, model: ProfileModel) -> None:
        for key, needed in self._needs(model).items():
            if needed and not getattr(model, key) and key not in self._found(model):
                path = ("storage_profiles", name)
                problem = f"needs `{key}`, because its provider is `{model.provider}`"
                if key in ("access_key", "secret_key"):
                    problem = f"needs `{key}`: the two keys come together"
                raise invalid(path, origin_of(self.tree, path), problem, f"Set `{key}` in the profile.")

    def _needs(self, model: ProfileModel) -> dict[str, bool]:
        """Return which keys this profile cannot do without."""
        provider = model.provider
        return {
            "path": provider == "local",
            "bucket": provider != "local",
            "region": provider == "s3" and bool(model.access_key) and not model.endpoint,
            "endpoint": provider in ("minio", "dospaces") and not model.awscli_profile,
            "account_id": provider == "r2" and not (model.endpoint or model.awscli_profile),
            "access_key": bool(model.secret_key),
            "secret_key": bool(model.access_key),
        }


def _first(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if environment().get(name)), None)


def _secret(text: str | None, variable: str | None) -> Secret | None:
    value = text or (environment().get(variable) if variable else None)
    return Secret(value) if value else None
