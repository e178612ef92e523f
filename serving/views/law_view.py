"""The matrices of the law as data, for who wants to see by what a level is told."""

from collections.abc import Mapping

from models.hazard import Hazard
from models.law.decision_18 import DECISION_18
from models.law.matrix import Table
from serving.schemas.reference_models import (
    CellView,
    ClassOfValues,
    CompoundView,
    LawView,
    MarkView,
    MatrixView,
    PlaceOfLaw,
)
from serving.views.legal import levels_of_law


def law_view(hazards: Mapping[str, Hazard]) -> LawView:
    """The Decision as it is encoded, with the hazards of a deployment that are read by each matrix."""
    compound = DECISION_18.compound
    return LawView(
        decision=DECISION_18.number,
        issued=DECISION_18.issued,
        in_force=DECISION_18.in_force,
        gazette=DECISION_18.gazette,
        compared_with_gazette=DECISION_18.compared_with_gazette,
        encoding=DECISION_18.version,
        reference=DECISION_18.reference,
        intervals_vi=DECISION_18.intervals.vi,
        intervals_en=DECISION_18.intervals.en,
        marks=[MarkView(mark=mark, meaning_vi=told.vi, meaning_en=told.en) for mark, told in DECISION_18.marks.items()],
        levels=levels_of_law({level.number for level in DECISION_18.levels}),
        compound=CompoundView(
            article=compound.article,
            verified=compound.mark == "V",
            rise=compound.rise,
            rise_where_serious_loss_is_feared=compound.rise_where_serious_loss_is_feared,
            highest=compound.highest,
        ),
        matrices=[
            _matrix(
                table, [name for name, hazard in hazards.items() if hazard.law and hazard.law.table == table.hazard]
            )
            for table in DECISION_18.tables.values()
        ],
    )


def _matrix(table: Table, hazards: list[str]) -> MatrixView:
    return MatrixView(
        name=table.hazard,
        article=table.article,
        title_vi=table.title.vi,
        title_en=table.title.en,
        measured_vi=table.value.vi,
        measured_en=table.value.en,
        unit=table.unit,
        sense=table.sense,
        counted=table.counted,
        step=table.step,
        durations=list(table.durations),
        classes=[
            ClassOfValues(bound=bound, inclusive=inclusive)
            for bound, inclusive in zip(table.bounds, table.inclusive, strict=True)
        ],
        places=[PlaceOfLaw(name=name, vi=told.vi, en=told.en) for name, told in table.places.items()],
        cells=[
            CellView(
                number=number,
                article=cell.article,
                place=cell.place,
                values=cell.values,
                duration=cell.duration,
                level=cell.level,
                mark=cell.mark,
                verified=cell.mark == "V",
                note_vi=cell.note.vi,
                note_en=cell.note.en,
                other_level=cell.other_level,
            )
            for number, cell in enumerate(table.cells)
        ],
        remarks_vi=[remark.vi for remark in table.remarks],
        remarks_en=[remark.en for remark in table.remarks],
        hazards=hazards,
    )
