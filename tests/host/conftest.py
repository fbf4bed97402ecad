from __future__ import annotations

import os

import pytest

from devstack.testing.azure_python import InstallationError, NoNewPythonError
from devstack.testing.azure_python import azure_python as make_azure_python


@pytest.fixture(scope="session")
def azure_python() -> str:
    """An interpreter with Azure's own worker library.

    Tests that use it are marked `fidelity`: they skip on a machine without a Python that is new
    enough, a build server too. There, failing to install the library is a failure.
    """
    try:
        return str(make_azure_python())
    except NoNewPythonError as missing:
        pytest.skip(str(missing))
    except InstallationError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"Azure's worker library cannot be installed (no network?): {error}")
