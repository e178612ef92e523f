"""The digest of a fitted estimator: equal parameters give equal digests, however and wherever it was stored."""

import hashlib
from collections.abc import Iterator

import numpy as np
from sklearn.base import BaseEstimator


def digest(estimator: BaseEstimator) -> str:
    """Twelve hexadecimal digits over all that an estimator has learned and was told.

    Raises:
        TypeError: if it holds something whose value cannot be told, such as a function.
    """
    told = hashlib.sha256()
    for part in _parts(estimator):
        told.update(part)
        told.update(b"\0")
    return told.hexdigest()[:12]


def _parts(value: object) -> Iterator[bytes]:
    if isinstance(value, BaseEstimator):
        yield type(value).__qualname__.encode()
        yield from _parts(vars(value))
    elif isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, (list, tuple, np.ndarray)):
        yield f"{len(value)} items".encode()
        for item in value:
            yield from _parts(item)
    elif isinstance(value, dict):
        yield f"{len(value)} keys".encode()
        for key in sorted(value, key=str):
            yield str(key).encode()
            yield from _parts(value[key])
    elif isinstance(value, (bytes, bytearray)):
        yield bytes(value)
    elif isinstance(value, np.generic):
        yield from _parts(value.item())
    elif value is None or isinstance(value, (str, bool, int, float, np.dtype)):
        yield f"{type(value).__name__} {value!r}".encode()
    else:
        raise TypeError(f"a digest of {type(value).__name__} is not defined: keep plain values in estimators")
