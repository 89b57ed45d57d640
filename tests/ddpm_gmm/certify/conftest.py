import pytest


def pytest_collection_modifyitems(items):
    """Whatever proves a whole statement, or checks the proof of one, takes seconds."""
    for item in items:
        if "certify" not in item.path.parts:
            continue
        if "certificate" in item.fixturenames or "prove" in item.originalname.replace("prover", ""):
            item.add_marker(pytest.mark.slow)
