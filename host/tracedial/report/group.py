"""What a report says of so many raters that their pairs cannot have a section each."""

from tracedial.analysis.first import first_of
from tracedial.analysis.result import Analysis
from tracedial.files.counted import counted
from tracedial.report.blocks import Block, Paragraph, Picture, Table
from tracedial.report.numbers import NO_NUMBER, number_text, r_text, time_text


def group_blocks(analysis: Analysis) -> list[Block]:
    """What holds over all pairs of raters; each pair's numbers are in a file."""
    r = sorted(pair.congruence.r for pair in analysis.pairs if pair.congruence.r is not None)
    apart = sorted(abs(pair.discrepancy.mean) for pair in analysis.pairs if pair.discrepancy.mean is not None)
    words = (
        f"{counted(len(analysis.pairs), 'pair')} of {counted(len(analysis.traces), 'rater')}; each one's numbers are "
        "in pairs.csv."
    )
    if r:
        tested = [p for pair in analysis.pairs if (p := first_of(pair.congruence).p) is not None]
        below = sum(p < 0.05 for p in tested)
        words += (
            f" r: median {r_text(r[len(r) // 2])}, from {r_text(r[0])} to {r_text(r[-1])}; the first p is below .05 in "
            f"{below:,} of {len(tested):,} (by chance about {0.05 * len(tested):,.0f})."
        )
    if apart:
        middle, most = (number_text(one, 1) for one in (apart[len(apart) // 2], apart[-1]))
        words += f" Mean difference in size: median {middle}, at most {most}."
    caption = "r and mean difference of each pair of raters (red below 0, blue above)."
    return [Paragraph(words), Picture("matrices", caption + (" Synthetic raters." if analysis.synthetic else ""))]


def onsets_table(analysis: Analysis) -> Table:
    """When each rater's ruptures begin."""
    rows = [
        (
            rater,
            "; ".join(f"{time_text(r.onset_s)} ({number_text(r.mean, 1)})" for r in found.ruptures) or NO_NUMBER,
        )
        for rater, found in analysis.events.items()
    ]
    return Table(("rater", "ruptures: begin (mean)"), rows, words=True)
