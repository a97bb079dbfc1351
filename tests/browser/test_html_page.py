from __future__ import annotations

import json

import pytest

from lrdiag.reports.html import HtmlFormat

pytestmark = pytest.mark.browser


@pytest.fixture
def shown(chromium, examples, tmp_path):
    def show(name: str):
        file = tmp_path / f"{name}.html"
        file.write_text(HtmlFormat().render(getattr(examples, name)()), "utf-8")
        chromium.get_log("browser")
        chromium.get_log("performance")
        chromium.get(file.as_uri())
        return chromium

    return show


def becomes_true(page, script: str, *arguments) -> bool:
    """What a key or a link sets off is done by the page after the key or the link returned."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(page, 60).until(lambda _: page.execute_script(script, *arguments))


def requests_of(chromium) -> list[str]:
    messages = [json.loads(e["message"])["message"] for e in chromium.get_log("performance")]
    sent = [m["params"]["request"]["url"] for m in messages
            if m["method"] == "Network.requestWillBeSent"]  # fmt: skip
    return [url for url in sent if not url.startswith(("file:", "chrome:", "data:,"))]


@pytest.mark.parametrize("name", ["sick", "mixed", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(shown, axe, name, scheme):
    page = shown(name)
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    page.execute_script("for (const d of document.querySelectorAll('details')) d.open = true")
    # Run through the debugger: the page's own policy lets no other script in.
    page.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    found = page.execute_cdp_cmd(
        "Runtime.evaluate",
        {"expression": "axe.run(document).then((r) => JSON.stringify([r.passes.length, "
                       "r.violations.map((v) => [v.impact, v.id, v.nodes.length, "
                       "v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary])]))",
         "awaitPromise": True, "returnByValue": True},
    )  # fmt: skip
    passed, violations = json.loads(found["result"]["value"])
    assert passed > 15
    assert [v for v in violations if v[0] in ("serious", "critical")] == []


@pytest.mark.parametrize("name", ["sick", "hostile"])
def test_nothing_is_requested_and_nothing_of_the_log_runs(shown, name):
    page = shown(name)
    assert requests_of(page) == []
    assert page.execute_script("return window.CANARY") is None
    refused = [entry for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
    assert refused == []


def test_the_table_sorts_and_filters(shown):
    page = shown("mixed")
    page.execute_script("document.querySelectorAll('#table th button')[1].click()")
    names = page.execute_script(
        "return [...document.querySelectorAll('#table tbody a')].map((a) => a.textContent)"
    )
    assert names == sorted(names)
    box = page.find_element("css selector", "#controls input")
    box.send_keys("lr005")
    visible = page.execute_script(
        "return [...document.querySelectorAll('#table tbody tr')]"
        ".filter((r) => r.offsetHeight).map((r) => r.textContent)"
    )
    assert len(visible) == 1
    assert "sweep/lr005" in visible[0]
    assert page.find_element("css selector", "#controls [role=status]").text == "1 of 10 runs"


def test_hovering_reads_the_values_and_the_legend_hides_a_curve(shown):
    from selenium.webdriver import ActionChains

    page = shown("sick")
    chart = page.find_element("css selector", "svg.chart")
    ActionChains(page).move_to_element_with_offset(chart, 0, -60).perform()
    reading = page.find_element("css selector", ".reading").text
    assert reading.startswith("epoch ")
    assert "val_loss ≈ 0." in reading
    assert "lr ≈ 0.1" in reading or "lr ≈ 0.01" in reading
    button = page.find_element("css selector", ".legend button:nth-child(2)")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert page.execute_script("return document.querySelectorAll('path.hidden').length") == 1


def test_a_run_opens_by_keyboard(shown):
    from selenium.webdriver import Keys

    page = shown("mixed")
    summary = page.find_elements("css selector", "summary")[5]
    page.execute_script("arguments[0].focus()", summary)
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert becomes_true(page, "return arguments[0].parentNode.open", summary)


def test_a_link_in_the_table_opens_its_run(shown):
    page = shown("mixed")
    page.find_element("css selector", "#table a[href='#run-9']").click()
    assert becomes_true(page, "return document.getElementById('run-9').open")


def test_everything_is_there_with_scripts_off(shown, chromium):
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        page = shown("sick")
        text = page.find_element("css selector", "body").text
    finally:
        chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    for piece in ("unhealthy", "What to do", "overfitting", "Keep the checkpoint", "Not judged"):
        assert piece in text
    assert page.find_elements("css selector", "svg.chart")


def test_nothing_overflows_on_a_phone(shown, chromium):
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    chromium.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        page = shown("hostile")
        wide = page.execute_script("return document.documentElement.scrollWidth")
    finally:
        chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert wide <= 390
