from auditor.suggest import advice, unknown


def test_the_nearest_name_is_offered_whatever_its_case() -> None:
    assert unknown("type", "reg_dwrd", ["REG_DWORD", "REG_SZ"]) == "unknown type 'reg_dwrd'; did you mean 'REG_DWORD'?"


def test_all_names_are_listed_when_none_is_near() -> None:
    assert advice("zzz", ["b", "a"]) == "; known are a, b"


def test_a_long_list_is_cut_short() -> None:
    assert advice("zzz", [f"name{number:02}" for number in range(20)]).endswith("name11 and 8 more")


def test_no_names_at_all_are_said_to_be_none() -> None:
    assert advice("zzz", []) == "; there are none here"
