"""A client of the risk API for notebooks and scripts: tables of pandas, cubes of xarray, and nothing of the service.

from haidang.client import Client, cube

service = Client("https://haidang.example", key="hd_...")      # or HAIDANG_ADDRESS and HAIDANG_KEY
rain = service.risk("heavy_rain", sites=["Hạ Long"], thresholds=[80])
cube(rain)["probability"].sel(cut=100)
"""

from haidang.client.asking import ProblemError, UnreachableError
from haidang.client.client import Client
from haidang.client.tables import cube

__all__ = ["Client", "ProblemError", "UnreachableError", "cube"]
