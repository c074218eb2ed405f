"""An old phone behind a strict firewall: no pictures of its own, and no way out but the TURN server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Street
from tests.e2e.gathering import LI, NUMBER, OFFICER, PARTY_A, PASSWORD, ZHANG
from tests.e2e.people import (
    admit,
    ask_for_code,
    enter_room,
    identify,
    make_link,
    open_case,
    party_ids,
    phase,
    read_code,
    seat_of,
    sign_in,
    tid,
)
from tests.e2e.waiting import until
from tests.support.coturn import SECRET, running_coturn
from tests.support.service import Service, running_service

# A browser whose maker left VP8 out neither lists nor offers it. Here it also counts how often the camera is asked for.
WITHOUT_VP8 = """
(() => {
  const isVp8 = (codec) => codec.mimeType.toLowerCase() === "video/vp8";
  for (const side of [RTCRtpSender, RTCRtpReceiver]) {
    const all = side.getCapabilities.bind(side);
    side.getCapabilities = (kind) => {
      const found = all(kind);
      return found && { ...found, codecs: found.codecs.filter((codec) => !isVp8(codec)) };
    };
  }
  const add = RTCPeerConnection.prototype.addTransceiver;
  RTCPeerConnection.prototype.addTransceiver = function (trackOrKind, init) {
    const line = add.call(this, trackOrKind, init);
    if ((trackOrKind.kind ?? trackOrKind) === "video") {
      line.setCodecPreferences(RTCRtpReceiver.getCapabilities("video").codecs);
    }
    return line;
  };
  window.camerasAsked = 0;
  const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wanted) => {
    if (wanted.video) window.camerasAsked += 1;
    return get(wanted);
  };
})();
"""

_PATH = """async () => {
  const pc = window.__heshi.pc();
  if (!pc) return null;
  const stats = await pc.getStats();
  let chosen;
  stats.forEach(report => { if (report.type === "transport") chosen = report.selectedCandidatePairId; });
  const pair = stats.get(chosen);
  const local = pair && stats.get(pair.localCandidateId);
  return local ? [local.candidateType, local.relayProtocol] : null;
}"""

# Asked of the connection, not of its lines: those that were rejected are gone from the list.
_HEARD = """async () => {
  let [energy, frames] = [0, 0];
  (await window.__heshi.pc().getStats()).forEach(report => {
    if (report.type !== "inbound-rtp") return;
    energy += report.totalAudioEnergy || 0;
    frames += report.framesDecoded || 0;
  });
  return [energy, frames];
}"""

_LINES = """() => window.__heshi.pc().remoteDescription.sdp.split(/\\r?\\n/).filter(line => line.startsWith("m="))"""


@pytest.fixture
def walled(tmp_path: Path) -> Iterator[Service]:
    """A service whose browsers are sent through TURN alone."""
    with running_coturn(tmp_path / "coturn") as coturn:
        environ = {
            "HESHI_TURN": ",".join(coturn.url(transport) for transport in ("udp", "tcp")),
            "HESHI_TURN_SECRET": SECRET,
            "HESHI_MEDIA_RELAY_ONLY": "1",
            "HESHI_WORKERS": "1",
        }
        with running_service(tmp_path, **environ) as service:
            yield service


def _overhear(page: Page) -> list[str]:
    """Everything that the page is told over its socket from now on."""
    heard: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(str(frame))))
    return heard


def _hears(page: Page) -> None:
    """Wait for sound, and then for more of it."""

    def energy() -> float:
        return float(page.evaluate(_HEARD)[0])

    first = until(page, "a voice", energy)
    until(page, "more of it", lambda: energy() > first)


def _goes_through_turn(page: Page) -> None:
    assert until(page, "a chosen path", lambda: page.evaluate(_PATH))[0] == "relay"


def test_an_old_phone_behind_a_firewall_takes_part_by_voice(walled: Service, street: Street) -> None:
    officer = street.person("officer", OFFICER, phone=False)
    zhang = street.person("zhang", PARTY_A, phone=True)
    zhang.add_init_script(WITHOUT_VP8)
    heard = _overhear(zhang)
    sign_in(officer, walled.url, walled.officer, PASSWORD)
    case = open_case(officer, NUMBER, [ZHANG, LI])
    ask_for_code(zhang, make_link(officer, party_ids(officer)[0]), ZHANG.name)
    officer.goto(case)
    identify(zhang, read_code(officer), ZHANG.id_number[-6:])
    tid(zhang, "notice-read").click()
    for matter in ("online", "personal_data", "recording", "esign"):
        tid(zhang, f"consent-{matter}-yes").click()
    tid(zhang, "consents-send").click()

    # At the device check: one plain sentence, and the microphone alone.
    expect(tid(zhang, "no-pictures")).to_have_text("这台设备不能显示画面，您可以用语音参加。")
    expect(tid(zhang, "voice-only")).to_have_count(0)
    tid(zhang, "devices-open").click()
    expect(zhang.get_by_role("meter")).to_be_visible()
    tid(zhang, "devices-done").click()
    expect(tid(zhang, "waiting-room")).to_be_visible()
    until(zhang, "the first snapshot", lambda: any("ice_servers" in frame for frame in heard))
    assert not any("credential" in frame and "turn:" in frame for frame in heard), "who waits gets no key to TURN"

    seat = seat_of(zhang)
    host = enter_room(officer)
    tid(officer, "session-open").click()
    admit(officer, seat)
    tid(officer, "session-start").click()
    for page in (officer, zhang):
        phase(page, "joint")
        _goes_through_turn(page)
    assert any("credential" in frame and "turn:" in frame for frame in heard)

    # Both are heard; nobody waits for a picture that cannot come.
    for page in (officer, zhang):
        _hears(page)
    assert zhang.evaluate(_HEARD)[1] == 0
    assert {line.split()[1] for line in zhang.evaluate(_LINES) if line.startswith("m=video")} == {"0"}
    assert zhang.evaluate("camerasAsked") == 0
    expect(tid(zhang, "no-pictures")).to_be_visible()
    expect(tid(zhang, "camera")).to_have_count(0)
    for page, other in ((officer, seat), (zhang, host)):
        expect(tid(page, f"tile-{other}")).to_contain_text("只有声音")
    expect(tid(officer, f"tile-{seat}")).to_have_attribute("data-state", "voice")
    secret = json.dumps(SECRET)[1:-1]
    assert not any(secret in frame for frame in heard)
    assert SECRET not in walled.log.read_text()
