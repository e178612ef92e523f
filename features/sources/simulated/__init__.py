"""The simulated province: Quảng Ninh with a weather, ponds and reporting desks whose laws are known.

It reveals information day by day, so that every forecast has a true conditional probability; it stands in for real
feeds in the demo, the tests and the benchmark. One law serves twice: it makes what happened, and the futures that could
have happened from any issue time on.

The province is the built-in table `features/quang_ninh.csv`. Origin of its columns: codes, names, areas and the flags
coastal, island and mountainous from thanglequoc/vietnamese-provinces-database (MIT, boundaries of sapnhap.bando.com.vn)
and tranngocminhhieu/vietnamadminunits; latitude and longitude are the centroid of the largest part of the commune, not
its office. Estimates, not measurements: mountainous, aquaculture (27 of 38 communes), shrimp_ponds (from area and the
kind of farming known there; 0 where no brackish ponds are known), elevation_m (5 plain, 10 island, 60 hill,
250 mountain), landslide_susceptibility (1 low to 4 very high, from relief and coal mining), river_gauge (a commune at
the lower course of each of eight rivers), fish_cages, oyster_rafts and clam_beds (hectares; from the known hubs of sea
farming; the clams of Móng Cái stand at Móng Cái 2, which has cages too). population is that of vietnamadminunits
(July 2025; Hoành Bồ an estimate).
"""

from features.sources.simulated.places import COMMUNES
from features.sources.simulated.provider import SimulatedProvince

__all__ = ["COMMUNES", "SimulatedProvince"]
