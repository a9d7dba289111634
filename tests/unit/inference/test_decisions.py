import pytest

from introghost.inference.decisions import answer


@pytest.mark.parametrize(
    ("p", "decision"), [(0.95, "ghost"), (0.85, "undecided"), (0.55, "undecided"), (0.4, "no ghost")]
)
def test_the_cheapest_action_is_taken(p, decision):
    assert answer({"ghost": p, "null": 1 - p})["decision"] == decision


def test_ghost_scenarios_add_up():
    assert answer({"ghost": 0.5, "ghost_continuous": 0.45, "null": 0.05})["p_ghost"] == pytest.approx(0.95)
