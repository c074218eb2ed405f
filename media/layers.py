"""Which layer of each picture one subscriber gets. Pure rules and one small state machine; sound is never touched.

The rules (`fill`) say what fits into an allowance; the machine (`Layers`) moves the allowance. It goes down when the
path is strained. It goes up by *trying*, because nobody can tell what a path carries that does not carry it yet: some
steps, and back if the path is strained by them, with a longer wait before the next try each time. Small pictures are
there from the first moment and go only on proof: a picture withheld from a busy machine is worse than a late one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from media.downlink import START, Outlook

Layer = Literal["high", "low", "none"]

AUDIO = 40_000  # bit/s kept free for each voice that may be heard
_LEAST_LOW, _LEAST_HIGH = 60_000, 200_000  # bit/s: a still picture may move at any time
_SLACK = 0.8  # what is shown already counts for this share of its rate: rates sway, pictures should not

_TRY_LOW, _TRY_HIGH, _TRY_FIRST = 3.0, 4.0, 2.5  # seconds until a try has succeeded; the last: never strained yet
_DOUBLE = 2.0  # times what is sent now: what a path that was never strained is tried with at once
_ROOM = 0.9  # share of the browser's own estimate up to which several steps are tried at once
_MORE_LOSS = 0.05  # share lost more than before: the try has failed
_FIRST = 3.0  # seconds until the first pictures show in the feedback
_SETTLE = 4.0  # seconds until a step down shows in the feedback
_SETTLE_COLLAPSED = 1.5  # seconds until what was sent before a step down is no longer asked for
_WAIT, _WAIT_FAR, _LONGEST_WAIT = 4.0, 16.0, 64.0  # seconds before the next try; _WAIT_FAR at most without proof
_UNSETTLED = 30.0  # seconds between two falls that belong together
_VAGUE = 1.5  # times what seems to come through in a collapse: seconds later it is known better
_FAR = 1.3  # times what was carried: more than a little too much
_FORGIVEN = 120.0  # seconds without strain, after which the wait is short again
_VOICE_ONLY, _PICTURES_AGAIN = 0.15, 0.10  # share lost
_SUSTAINED = 6.0  # seconds


@dataclass(frozen=True, slots=True)
class Want:
    """A picture that the table gives to this subscriber, and the bit/s its layers arrive with (None: none arrives).

    A source without layers has one of them only. `screen`: text to read, so it comes before faces.
    """

    slot: int
    low: int | None
    high: int | None
    screen: bool = False


Key = tuple[int, Layer]


class Step(NamedTuple):
    """What may be granted next: this picture in this layer, for so many bit/s more. `base`: it is not shown before."""

    want: Want
    layer: Layer
    price: int
    base: bool

    @property
    def key(self) -> Key:
        """Names the step in the memory of what failed."""
        return self.want.slot, self.layer


def _base(want: Want) -> Step:
    """The least that shows this picture."""
    if want.screen and want.high is not None:
        return Step(want, "high", max(want.high, _LEAST_LOW), True)
    if want.low is not None:
        return Step(want, "low", max(want.low, _LEAST_LOW), True)
    if want.high is not None:
        return Step(want, "high", max(want.high, _LEAST_HIGH), True)
    return Step(want, "low", 0, True)  # nothing arrives yet; let it pass when it does


def _steps(wants: Sequence[Want]) -> list[Step]:
    """All steps in order: screens, every face small, every face large."""
    ordered = sorted(wants, key=lambda want: not want.screen)  # stable: the caller's order otherwise
    steps = [_base(want) for want in ordered]
    for want in ordered:
        if want.low is not None and want.high is not None and not want.screen:
            low = max(want.low, _LEAST_LOW)
            steps.append(Step(want, "high", max(want.high, _LEAST_HIGH, low) - low, False))
    return steps


def cost(wants: Sequence[Want], audible: int, layers: Mapping[int, Layer]) -> int:
    """Bit/s of all that these layers send, voices included."""
    return audible * AUDIO + sum(
        step.price for step in _steps(wants) if _holds(layers.get(step.want.slot, "none"), step)
    )


def _holds(has: Layer, step: Step) -> bool:
    return has != "none" and (step.base or has == "high")


def _nothing(layers: Mapping[int, Layer]) -> bool:
    return all(layer == "none" for layer in layers.values())


def fill(wants: Sequence[Want], audible: int, allowance: float, shown: Mapping[int, Layer]) -> dict[int, Layer]:
    """The layers that fit into `allowance` bit/s beside `audible` voices, for each slot wanted.

    Every picture is small before any face is large. What is in `shown` already may cost a quarter more than the rest.
    """
    layers: dict[int, Layer] = {want.slot: "none" for want in wants}
    spent = kept = float(audible * AUDIO)
    complete = True
    for step in _steps(wants):
        if not step.base and not complete:
            break
        held = _holds(shown.get(step.want.slot, "none"), step)
        if spent + step.price <= allowance or (held and kept + _SLACK * step.price <= allowance):
            layers[step.want.slot] = step.layer
            spent += step.price
            kept += step.price * (_SLACK if held else 1)
        elif step.base:
            complete = False
    return layers


class Layers:
    """The choice for one subscriber. Ask `choose` about once a second, and whenever what is wanted changes.

    `voice_only`: pictures are wanted and the network lets none through.
    """

    __slots__ = (
        "_allowance",
        "_before_try",
        "_down_at",
        "_due",
        "_loss_before",
        "_lossy_since",
        "_not_before",
        "_pause",
        "_proven_at",
        "_shown",
        "_silenced",
        "_strained_at",
        "_trial",
        "_tried",
        "_tried_at",
        "_waits",
        "_withheld",
        "voice_only",
    )

    def __init__(self) -> None:
        self._allowance = float(START)
        self._shown: dict[int, Layer] = {}
        self._tried_at: float | None = None
        self._tried: tuple[Step, ...] = ()
        self._trial = _TRY_LOW
        self._before_try = self._loss_before = 0.0
        self._down_at = -1e9
        self._strained_at = -1e9
        self._proven_at = -1e9  # when small pictures were last taken, or hidden by loss
        self._not_before = 0.0  # no try before this
        self._pause = _WAIT
        # A step that failed says nothing about a smaller one: each has a wait of its own, and a time when it is due.
        self._waits: dict[Key, float] = {}
        self._due: dict[Key, float] = {}
        self._lossy_since: float | None = None
        self._silenced = False  # no pictures because of loss, whatever the allowance
        self._withheld = False  # somebody was, when this was last sure
        self.voice_only = False

    def choose(self, now: float, wants: Sequence[Want], audible: int, outlook: Outlook) -> dict[int, Layer]:
        """The layer for each slot wanted, given the state of this subscriber's own path."""
        before = self._shown
        if outlook.strained:
            self._strained_at = now
        self._judge(now, wants, audible, outlook)
        if not (outlook.strained and outlook.proven):
            self._keep_small(now, wants, audible, before)
        self._shown = (
            {want.slot: "none" for want in wants}
            if self._silenced
            else fill(wants, audible, self._allowance, self._shown)
        )
        if wants and self._tried_at is None:
            self._withheld = "none" in self._shown.values()
        nothing = _nothing(self._shown)
        if _nothing(before) and not nothing:
            self._not_before = max(self._not_before, now + _FIRST)
        self.voice_only = bool(wants) and nothing
        return dict(self._shown)

    def _keep_small(self, now: float, wants: Sequence[Want], audible: int, before: Mapping[int, Layer]) -> None:
        """Without proof nobody is withheld: no one if nobody was until now, or long ago, else none of those shown."""
        free = not self._withheld or now - self._proven_at > _FORGIVEN
        if free or self._down_at != now:
            bases = [_base(want) for want in wants]
            spent = sum(base.price for base in bases if free or _holds(before.get(base.want.slot, "none"), base))
            self._allowance = max(self._allowance, audible * AUDIO + float(spent))

    def _judge(self, now: float, wants: Sequence[Want], audible: int, outlook: Outlook) -> None:
        if not wants:
            if self._tried_at is not None:
                self._withheld = False  # nothing spoke against it
            self._tried_at = None
            return
        if outlook.collapsed:
            if self._tried_at is not None:
                self._fail(now, outlook)
            elif now - self._down_at >= _SETTLE_COLLAPSED and not self._silenced:
                self._shed(now, wants, audible, outlook)
            return
        if outlook.loss <= _VOICE_ONLY:
            self._lossy_since = None
        elif self._lossy_since is None:
            self._lossy_since = now
        elif now - self._lossy_since >= _SUSTAINED and not self._silenced:
            self._silenced = True
            self._step_down(now, audible * AUDIO, self._held(wants), outlook)
            return
        if self._tried_at is not None:
            if outlook.strained or outlook.loss > self._loss_before + _MORE_LOSS:
                self._lossy_since = None  # by our own doing
                self._fail(now, outlook, far=cost(wants, audible, self._shown) > _FAR * outlook.budget)
                return
            if now - self._tried_at < self._trial:
                return
            self._tried_at = None
        if outlook.strained:
            if now - self._down_at >= _SETTLE and not self._silenced:
                self._shed(now, wants, audible, outlook)
        elif outlook.roomy:
            self._allowance = max(self._allowance, cost(wants, audible, self._shown))
            if now - self._down_at > _FORGIVEN:
                self._waits.clear()
                self._due.clear()
            if now >= self._not_before and (not self._silenced or outlook.loss < _PICTURES_AGAIN):
                self._try(now, wants, audible, outlook)

    @property
    def trying(self) -> bool:
        """Whether something is being tried, so that one bad moment tells enough."""
        return self._tried_at is not None

    def _held(self, wants: Sequence[Want]) -> list[Step]:
        return [step for step in _steps(wants) if _holds(self._shown.get(step.want.slot, "none"), step)]

    def _try(self, now: float, wants: Sequence[Want], audible: int, outlook: Outlook) -> None:
        """Allow the first step that is due, but none that costs as much as one that has just failed.

        Several of a kind together where there is room.
        """
        more = list[Step]()
        spent = float(cost(wants, audible, self._shown))
        most = self._most(now, spent, outlook)
        cheapest: float | None = None  # of the steps that come first and are not due yet
        for step in _steps(wants):
            if _holds(self._shown.get(step.want.slot, "none"), step):
                continue
            if not step.base and cheapest is not None:
                break
            if cheapest is not None and step.price > _SLACK * cheapest:
                continue
            if now < self._due.get(step.key, 0.0):  # a smaller picture may do meanwhile
                cheapest = step.price
                continue
            if more and (step.base != more[0].base or spent + step.price > most):
                break
            more.append(step)
            spent += step.price
        if more:
            first = now - self._strained_at > _FORGIVEN
            self._trial = _TRY_LOW if more[0].base else _TRY_FIRST if first else _TRY_HIGH
            self._silenced = False
            self._before_try, self._loss_before = self._allowance, outlook.loss
            self._allowance = max(self._allowance, spent)
            self._tried_at, self._tried = now, tuple(more)

    def _most(self, now: float, spent: float, outlook: Outlook) -> float:
        """Bit/s that may be tried at once instead of `spent`, by several steps."""
        if now - self._strained_at > _FORGIVEN:
            return _DOUBLE * spent
        return _ROOM * outlook.budget  # as large as a browser's estimate, where all is well

    def _shed(self, now: float, wants: Sequence[Want], audible: int, outlook: Outlook) -> None:
        """Give up the last steps until the rest fits, one at least; small pictures only on proof."""
        held, gone = self._held(wants), list[Step]()
        if not held:
            self._allowance = min(self._allowance, audible * AUDIO)
            return
        rest = more = cost(wants, audible, self._shown)
        fits = outlook.budget * (_VAGUE if outlook.collapsed else 1)
        while held and (not gone or rest > fits) and (outlook.proven or not held[-1].base):
            step = held.pop()
            gone.append(step)
            more, rest = rest, rest - step.price
        if gone:
            self._step_down(now, rest, gone, outlook, far=more > _FAR * outlook.budget)

    def _fail(self, now: float, outlook: Outlook, *, far: bool = False) -> None:
        self._step_down(now, self._before_try, self._tried, outlook, far=far, tried=True)

    def _step_down(
        self,
        now: float,
        allowance: float,
        gone: Sequence[Step],
        outlook: Outlook,
        *,
        far: bool = False,
        tried: bool = False,
    ) -> None:
        self._allowance = allowance
        # What is shown above it has no claim to stay.
        self._shown = {}
        self._tried_at = None
        plain = outlook.proven or not outlook.strained
        if any(step.base for step in gone):
            self._withheld, self._proven_at = True, now
        # One fall after the other: the path has not settled.
        again = now - self._down_at < _UNSETTLED and (plain or tried)
        self._pause = min(2 * self._pause, _WAIT_FAR) if again else _WAIT
        self._down_at = now
        self._not_before = now + self._pause
        for step in gone:
            wait = self._waits.get(step.key, _WAIT)
            if (far and wait > _WAIT) or outlook.collapsed:
                # Missed by far twice, or the voices have suffered: not asked as often as what was nearly possible.
                wait = max(wait, _WAIT_FAR if far or not step.base else 2 * _WAIT)
            self._due[step.key] = now + wait
            if plain:
                self._waits[step.key] = min(2 * wait, _LONGEST_WAIT)
            elif tried:
                self._waits[step.key] = max(wait, min(2 * wait, _WAIT_FAR))
