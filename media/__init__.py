"""The forwarding relay of Heshi: encrypted packets in, encrypted packets out, never decoded.

    relay = Relay(RelaySettings(host_ips=("192.0.2.7",)), sink_factory, on_event)
    await relay.start()
    answer = await relay.offer(room, endpoint, epoch, sdp)
    relay.apply(table)          # nothing flows that the table does not name

Rules for the browser side
--------------------------
1. One `RTCPeerConnection({bundlePolicy: "max-bundle", iceServers})` per endpoint, one offer by the browser, one answer
   by the relay. Never renegotiate, never restart ICE, never `transceiver.stop()`.
2. Add transceivers in exactly this order, before `createOffer`:
   microphone `addTransceiver(micTrack ?? "audio", {direction: "sendonly"})`,
   camera     `addTransceiver(cameraTrack ?? "video", {direction: "sendonly", sendEncodings: [low, high]})`, encodings
              with RIDs in ascending order; a browser that knows none of it sends a single one,
   screen     `addTransceiver("video", {direction: "sendonly"})` (idle until used),
   then for each receive slot 0 … N-1 (N ≤ 12): `addTransceiver("audio", {direction: "recvonly"})` and
   `addTransceiver("video", {direction: "recvonly"})`; a slot at the end may lack its sound. The relay counts slots from
   the offer. No data channel.
3. Before the offer, call `setCodecPreferences` on every transceiver: Opus alone for sound, VP8 and RTX for pictures
   (it keeps the offer small). A browser without VP8 still joins: its picture lines come back rejected (port 0).
4. Send the offer through signaling as soon as it is set, without waiting for ICE to gather: candidates are not needed,
   the relay answers checks from wherever they come. Then `setRemoteDescription(answer)`.
5. Slot k of a table row is the k-th recvonly pair: keep `transceivers[3 + 2k].receiver.track` (sound) and
   `transceivers[4 + 2k].receiver.track` (picture) and put both into *one* MediaStream for one video element. The answer
   names the stream `slot<k>` for both (msid), which together with the relay's sender reports keeps lips in time. Tracks
   stay the same for the connection's life; who is in a slot is told by signaling, not by the SDP.
6. Mute and camera off: `track.enabled = false` or `sender.replaceTrack(null)`; back on: `replaceTrack(track)`. Screen:
   `replaceTrack(screenTrack)` on the third transceiver. None of this needs the relay's consent.
7. Reconnect by a *new* RTCPeerConnection and a new offer for the same endpoint when `connectionState` is "failed", when
   it stays "disconnected" for two seconds, when the network changed, or when signaling reports the endpoint "failed" or
   "closed". Close the old one after the new one is "connected". The relay moves all slots by itself.
8. A slot that receives nothing shows its last frame: hide the picture when signaling says that the slot is empty.
"""

from media.addresses import host_addresses
from media.errors import OfferMalformed, StaleEpoch, TableMalformed
from media.ports import Applied, Event, RelaySettings, Sink, SinkFactory
from media.relay import Relay
from media.stats import Quality

__all__ = [
    "Applied",
    "Event",
    "OfferMalformed",
    "Quality",
    "Relay",
    "RelaySettings",
    "Sink",
    "SinkFactory",
    "StaleEpoch",
    "TableMalformed",
    "host_addresses",
]
