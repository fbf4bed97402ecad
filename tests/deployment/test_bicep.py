"""What can be said of the Bicep files without its compiler: they hang together and keep doors shut.

The parser knows just the shape these files have: declarations start at the left edge.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from docflow.contracts import (
    INDEX_TABLE,
    LIMITS_TABLE,
    PROCESSED_QUEUE,
    UNDELIVERED_CONTAINER,
    Container,
)

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
MAIN = INFRA / "main.bicep"
FILES = sorted(INFRA.rglob("*.bicep"))
EVERY_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(INFRA)))

STRING_OR_COMMENT = re.compile(r"'(?:\\.|[^'\\\n])*'|//[^\n]*|/\*.*?\*/", re.DOTALL)
DECLARATION = re.compile(
    r"^(?P<kind>param|var|resource|module|output|type) (?P<name>\w+)(?P<rest>.*?)"
    r"(?=^(?:@|param |var |resource |module |output |type |metadata |import |targetScope )|\Z)",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Declaration:
    """One declaration with all that follows its name."""

    kind: str
    name: str
    rest: str

    @property
    def source(self) -> str:
        """The module or resource type it is made of."""
        return self.rest.split("'")[1]

    @property
    def arguments(self) -> set[str]:
        """The parameters given to a module."""
        lines = re.search(r"^  params: {\n(.*?)^  }", self.rest, re.MULTILINE | re.DOTALL)
        if lines:
            return set(re.findall(r"^    (\w+):", lines[1], re.MULTILINE))
        line = re.search(r"^  params: {(.*)}$", self.rest, re.MULTILINE)
        return set(re.findall(r"(?:^|,) (\w+):", line[1])) if line else set()

    @property
    def has_default(self) -> bool:
        """Whether a parameter may be left out."""
        return " = " in self.rest.splitlines()[0]


def without_comments(text: str) -> str:
    return STRING_OR_COMMENT.sub(lambda match: match[0] if match[0].startswith("'") else "", text)


def read(path: Path) -> str:
    return without_comments(path.read_text("utf-8"))


def declarations(path: Path, kind: str) -> list[Declaration]:
    found = (Declaration(**match.groupdict()) for match in DECLARATION.finditer(read(path)))
    return [declaration for declaration in found if declaration.kind == kind]


def names(path: Path, kind: str) -> set[str]:
    return {declaration.name for declaration in declarations(path, kind)}


def own_modules(path: Path) -> list[Declaration]:
    return [each for each in declarations(path, "module") if not each.source.startswith("br/")]


def public_modules() -> list[Declaration]:
    modules = [module for path in FILES for module in declarations(path, "module")]
    return [module for module in modules if module.source.startswith("br/")]


def made_of(fragment: str) -> list[Declaration]:
    found = [module for module in public_modules() if fragment in module.source]
    assert found, f"nothing is made of {fragment}"
    return found


@EVERY_FILE
def test_brackets_and_quotes_are_balanced(path: Path) -> None:
    code = STRING_OR_COMMENT.sub("", path.read_text("utf-8"))

    assert "'" not in code
    for opening, closing in ("{}", "()", "[]"):
        assert code.count(opening) == code.count(closing)


@EVERY_FILE
def test_every_parameter_is_described(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("param "):
            above = [*lines[:number]]
            decorators = []
            while above and above[-1].startswith("@"):
                decorators.append(above.pop())
            word = "Optional" if " = " in line else "Required"
            assert any(each.startswith(f"@description('{word}. ") for each in decorators), line


@EVERY_FILE
def test_every_file_says_what_it_is_for(path: Path) -> None:
    text = read(path)

    assert re.search(r"^metadata name = '", text, re.MULTILINE)
    assert re.search(r"^metadata description = '", text, re.MULTILINE)


@EVERY_FILE
def test_everything_declared_is_used(path: Path) -> None:
    text = read(path)
    for kind in ("param", "var"):
        for name in names(path, kind):
            assert len(re.findall(rf"\b{name}\b", text)) > 1, f"{kind} {name}"


@EVERY_FILE
def test_modules_get_the_parameters_they_declare(path: Path) -> None:
    for module in own_modules(path):
        source = path.parent / module.source
        assert source.is_file(), module.source
        parameters = declarations(source, "param")
        needed = {each.name for each in parameters if not each.has_default}
        assert needed <= module.arguments <= {each.name for each in parameters}, module.name


@EVERY_FILE
def test_outputs_that_are_read_are_there(path: Path) -> None:
    text = read(path)
    sources = {module.name: path.parent / module.source for module in own_modules(path)}
    modules = names(path, "module")
    for name, output in re.findall(r"\b(\w+)\.outputs\.(\w+)", text):
        assert name in modules, name
        if name in sources:
            assert output in names(sources[name], "output"), f"{name}.outputs.{output}"


def test_every_module_is_deployed() -> None:
    deployed = {INFRA / module.source for module in own_modules(MAIN)}

    assert deployed == set((INFRA / "modules").iterdir())


def test_main_stays_on_a_few_screens() -> None:
    assert len(MAIN.read_text("utf-8").splitlines()) < 150


def test_public_modules_are_pinned_one_version_each() -> None:
    versions: dict[str, set[str]] = {}
    for module in public_modules():
        match = re.fullmatch(r"br/public:(avm/[\w/-]+):(\d+\.\d+\.\d+)", module.source)
        assert match, module.source
        versions.setdefault(match[1], set()).add(match[2])

    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_storage_is_open_to_identities_alone() -> None:
    for account in made_of("avm/res/storage/storage-account"):
        assert "allowSharedKeyAccess: false" in account.rest
        assert "allowBlobPublicAccess: false" in account.rest
        assert "minimumTlsVersion: 'TLS1_2'" in account.rest


@pytest.mark.parametrize("fragment", ["avm/res/cognitive-services/", "avm/res/insights/component"])
def test_local_authentication_is_off(fragment: str) -> None:
    for account in made_of(fragment):
        assert "disableLocalAuth: true" in account.rest


def test_vault_and_app_take_roles_and_no_passwords() -> None:
    (vault,), (app,) = made_of("avm/res/key-vault/vault"), made_of("avm/res/web/site")

    assert "enableRbacAuthorization: true" in vault.rest
    assert re.findall(r"name: '(ftp|scm)', allow: false", app.rest) == ["ftp", "scm"]
    assert "httpsOnly: true" in app.rest


def secure_parameters(path: Path) -> set[str]:
    return set(re.findall(r"@secure\(\)\n(?:@.*\n)*param (\w+)", path.read_text("utf-8")))


@EVERY_FILE
def test_what_may_hold_a_secret_is_a_secure_parameter(path: Path) -> None:
    texts = {each.name for each in declarations(path, "param") if each.rest.startswith(" string")}
    secret = {name for name in texts if re.search(r"secret|token|password|webhook", name, re.I)}

    assert secret == secure_parameters(path)


@EVERY_FILE
def test_secrets_go_nowhere_but_into_the_vault(path: Path) -> None:
    secrets = secure_parameters(path)
    for each in [*declarations(path, "output"), *declarations(path, "var")]:
        assert not secrets & set(re.findall(r"\w+", each.rest)), each.name
    for each in declarations(path, "resource"):
        if secrets & set(re.findall(r"\w+", each.rest)):
            assert each.source.startswith("Microsoft.KeyVault/vaults/secrets@"), each.name


def test_webhook_and_its_key_are_put_into_the_vault() -> None:
    identity = INFRA / "modules/identity.bicep"
    stored = {
        re.findall(r"name: '([\w-]+)'", each.rest)[0]: re.findall(r"value: (\w+)", each.rest)
        for each in declarations(identity, "resource")
        if each.source.startswith("Microsoft.KeyVault/vaults/secrets@")
    }

    assert secure_parameters(MAIN) == secure_parameters(identity)
    assert stored == {
        "notification-webhook-url": ["notificationWebhookUrl"],
        "notification-webhook-secret": ["notificationWebhookSecret"],
    }


def test_the_vault_is_closed_to_machines_and_templates() -> None:
    (vault,) = made_of("avm/res/key-vault/vault")

    for use in ("Deployment", "DiskEncryption", "TemplateDeployment"):
        assert f"enableVaultFor{use}: false" in vault.rest


def test_the_portal_opens_storage_with_roles() -> None:
    for account in made_of("avm/res/storage/storage-account"):
        assert "defaultToOAuthAuthentication: true" in account.rest


def test_no_instance_is_preferred() -> None:
    (app,) = made_of("avm/res/web/site")

    assert "clientAffinityEnabled: false" in app.rest


@EVERY_FILE
def test_host_names_are_those_that_azure_gave(path: Path) -> None:
    """A host name that is put together from the app's is wrong where it has a hash in it."""
    assert "azurewebsites" not in read(path)


def test_the_app_knows_its_own_address() -> None:
    host = INFRA / "modules/host.bicep"
    (address,) = (each for each in declarations(host, "var") if each.name == "publicBaseUrl")

    assert "${app.outputs.defaultHostname}" in address.rest
    assert re.search(r"^  PUBLIC_BASE_URL: publicBaseUrl$", read(host), re.MULTILINE)


def test_a_removed_setting_goes() -> None:
    """Settings that a module merges into those of the app stay there for ever."""
    host = INFRA / "modules/host.bicep"
    (settings,) = (each for each in declarations(host, "resource") if each.name == "settings")

    assert settings.source.startswith("Microsoft.Web/sites/config@")
    assert "name: 'appsettings'" in settings.rest
    assert (
        "properties: union(loadJsonContent('../settings.json'), hostSettings, appSettings)"
        in settings.rest
    )
    (app,) = made_of("avm/res/web/site")
    assert "configs:" not in app.rest


def test_roles_are_given_in_one_file() -> None:
    elsewhere = [path for path in FILES if path.name != "access.bicep"]

    assert not [path for path in elsewhere if "roleAssignments" in read(path)]


def test_role_assignments_are_stable_and_say_to_whom() -> None:
    roles = re.findall(r"^  (\w+): '([0-9a-f-]{36})'$", read(INFRA / "modules/access.bicep"), re.M)
    assignments = [
        each
        for each in declarations(INFRA / "modules/access.bicep", "resource")
        if "/roleAssignments@" in each.source
    ]

    assert len({identifier for _, identifier in roles}) == len(roles) > 0
    assert assignments
    for each in assignments:
        assert re.search(r"name: guid\(\w+\.id, \w+PrincipalId, (roles\.\w+|role)\)", each.rest)
        assert "principalType: " in each.rest
        assert re.search(r"^ +scope: \w+$", each.rest, re.MULTILINE)


def test_every_role_is_needed() -> None:
    text = read(INFRA / "modules/access.bicep")
    for name in re.findall(r"^  (\w+): '[0-9a-f-]{36}'$", text, re.MULTILINE):
        assert f"roles.{name}" in text, name


def test_documents_account_has_what_the_app_uses() -> None:
    storage = read(INFRA / "modules/storage.bicep")
    made = set(re.findall(r"{ name: '([\w-]+)' }", storage))

    assert made == {*Container, PROCESSED_QUEUE, INDEX_TABLE, LIMITS_TABLE, "undelivered"}


def test_uploads_are_those_to_the_incoming_container() -> None:
    uploads = read(INFRA / "uploads.bicep")

    assert f"param uploadContainer string = '{Container.INCOMING}'" in uploads
    assert "subjectBeginsWith: '/blobServices/default/containers/${uploadContainer}/'" in uploads
    assert "functionName=Host.Functions.${functionName}&" in uploads


def test_uploads_reach_a_function_that_exists() -> None:
    uploads = read(INFRA / "uploads.bicep")
    match = re.search(r"^param functionName string = '(\w+)'$", uploads, re.MULTILINE)
    functions = {
        node.name
        for path in (ROOT / "triggers").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    assert match
    assert match[1] in functions


def test_parameter_file_fits_main() -> None:
    given = json.loads((INFRA / "main.parameters.json").read_text("utf-8"))["parameters"]
    parameters = declarations(MAIN, "param")

    assert {each.name for each in parameters if not each.has_default} <= given.keys()
    assert given.keys() <= {each.name for each in parameters}


def test_linter_warnings_are_errors() -> None:
    config = json.loads((INFRA / "bicepconfig.json").read_text("utf-8"))
    rules = config["analyzers"]["core"]["rules"]

    assert {rule["level"] for rule in rules.values()} == {"error"}
    assert {"no-unused-params", "outputs-should-not-contain-secrets"} <= rules.keys()


def test_what_is_not_delivered_is_where_the_app_counts_it() -> None:
    uploads = read(INFRA / "uploads.bicep")

    assert f"param undeliveredContainer string = '{UNDELIVERED_CONTAINER}'" in uploads
