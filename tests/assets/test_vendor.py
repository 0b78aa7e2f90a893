import json
import re
from pathlib import Path

from plotly.offline import get_plotlyjs_version

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "static" / "vendor"


def test_the_browsers_plotly_is_the_one_figures_are_validated_for():
    assert [path.name for path in VENDOR.glob("plotly-*.js")] == [f"plotly-cascade-{get_plotlyjs_version()}.min.js"]
    assert f'version="{get_plotlyjs_version()}"' in next(VENDOR.glob("plotly-*.js")).read_text()


def test_vendored_files_ask_for_no_source_map():
    # collectstatic would look for the map and fail
    assert [path.name for path in VENDOR.iterdir() if "sourceMappingURL" in path.read_text()] == []


def test_what_is_vendored_is_what_the_lock_names():
    wanted = json.loads((ROOT / "vendor" / "package.json").read_text())["dependencies"]
    listed = "\n".join(path.read_text() for path in VENDOR.glob("*.LICENSES.txt"))
    built = {name: version for name, version in wanted.items() if name != "esbuild"}
    assert {name: re.search(rf"^{name} (\S+) \(", listed, re.M)[1] for name in built} == built
