"""A second engine in a real room: a party on Firefox, the officer on Chromium, both seen and heard."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import Street
from tests.e2e.gathering import LI, NUMBER, OFFICER, PASSWORD, ZHANG
from tests.e2e.media_probe import slots
from tests.e2e.people import admit, enter_room, make_link, open_case, party_ids, phase, read_code, sign_in, tid
from tests.e2e.waiting import until
from tests.support.firefox import running_firefox
from tests.support.service import Service

# What comes in, and what goes out by layer, as this browser counts it.
_STATS = """async () => {
  const pc = window.__heshi && window.__heshi.pc();
  if (!pc) return null;
  const found = { frames: 0, energy: 0, packets: 0, encoded: {} };
  (await pc.getStats()).forEach(report => {
    if (report.type === "inbound-rtp" && report.kind === "video") found.frames += report.framesDecoded || 0;
    if (report.type === "inbound-rtp" && report.kind === "audio") found.packets += report.packetsReceived || 0;
    if (report.type === "inbound-rtp") found.energy += report.totalAudioEnergy || 0;
    if (report.type === "outbound-rtp" && report.kind === "video" && report.framesEncoded)
      found.encoded[report.rid || ""] = report.framesEncoded;
  });
  return found;
}"""
_MORE = f"""async (before) => {{
  const now = await ({_STATS})();
  return now && now.frames >= before.frames + 10 && now.packets >= before.packets + 20 ? now : null;
}}"""
_LAYERS = f"""async () => {{
  const {{ encoded }} = await ({_STATS})();
  return encoded.q > 10 && encoded.h > 10;
}}"""
_ANSWER = "() => window.__heshi.pc().remoteDescription.sdp"


def test_firefox_and_chromium_see_and_hear_each_other(service: Service, street: Street, tmp_path: Path) -> None:
    officer = street.person("officer", OFFICER, phone=False)
    sign_in(officer, service.url, service.officer, PASSWORD)
    case = open_case(officer, NUMBER, [ZHANG, LI])
    link = make_link(officer, party_ids(officer)[0])
    with running_firefox(tmp_path / "firefox") as zhang:
        zhang.goto(link)
        zhang.click("begin")
        zhang.fill("name", ZHANG.name)
        zhang.click("send-code")
        zhang.sees("step-identify")
        officer.goto(case)
        zhang.fill("code", read_code(officer))
        zhang.fill("id-last6", ZHANG.id_number[-6:])
        zhang.click("identify")
        zhang.click("notice-read")
        for matter in ("online", "personal_data", "recording", "esign"):
            zhang.click(f"consent-{matter}-yes")
        zhang.click("consents-send")
        zhang.click("devices-open")
        zhang.sees("preview")
        zhang.click("devices-done")
        zhang.sees("waiting-room")
        seat = zhang.address().rsplit("/", 1)[1]
        enter_room(officer)
        tid(officer, "session-open").click()
        admit(officer, seat)
        tid(officer, "session-start").click()
        phase(officer, "joint")

        # The officer sees and hears Firefox …
        expect(tid(officer, f"tile-{seat}")).to_have_attribute("data-state", "live")
        before = until(officer, "frames from Firefox", lambda: [one for one in slots(officer) if one.frames])[0]

        def more() -> bool:
            now = [one for one in slots(officer) if one.frames]
            return bool(now) and now[0].frames >= before.frames + 10 and now[0].energy > before.energy

        until(officer, "more frames and sound from Firefox", more)

        # … and Firefox, by its own word, the officer.
        first = zhang.until("a connection", _STATS)
        zhang.until("more frames and sound from Chromium", _MORE, first)
        answer = zhang.ask(_ANSWER)
        assert "a=simulcast:recv q;h" in answer
        assert "rtx/90000" in answer
        zhang.until("both layers of its camera", _LAYERS)
