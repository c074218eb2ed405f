/* One half of a receive slot: many sources, one after another, as one uninterrupted RTP stream, and its repeats.
 * Mirrors continuity.py, vp8.py, rtx.py and slot.py, which say why. */
#include "plane.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURES_KEPT = 512, SOUND_KEPT = 128, HEAD_KEPT = 72, AUDIO_STEP = 960, SENT_AT = 17 };
enum { HEAD_MAX = 12 + 8 + MAX_CARRIED + 3 + 8 };
static const double MAX_IDLE = 3600.0, AGAIN_S = 0.02, LEAST_PER_SECOND = 20.0;

typedef struct {
    uint16_t seq, head_size, tail_size;
    bool used, repeated;
    double repeated_at;
    chunk *of;               /* the tail is its end; a head that is too long for `head` lies before it */
    uint8_t head[HEAD_KEPT];
} kept;

struct slot {
    slot_state state;
    conn *to;
    bool video, same_ids, timed;
    uint32_t ssrc, pt;
    uint8_t map[16];         /* the publisher's extension ids to ours */
    /* the clock */
    int64_t rate;
    uint32_t step, ts;
    uint16_t seq_shift, base_seq;
    double at;
    bool started;
    /* the picture's counters */
    int32_t picture, picture_shift, narrow, tl0, tl0_shift;
    /* what was sent, and its repeats */
    kept *ring;
    uint32_t ring_mask, rtx_ssrc, rtx_pt;
    uint16_t rtx_seq;
    double allowed, allowed_at;
    uint64_t forgotten_packets;
    uint16_t forgotten_seq;
};

struct slot *slot_make(conn *c, bool video, uint32_t ssrc, int pt, uint32_t rtx_ssrc, int rtx_pt) {
    struct slot *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->to = c;
    s->video = video;
    s->ssrc = ssrc, s->pt = (uint32_t)pt & 0x7F;
    s->rate = video ? 90000 : 48000;
    s->step = video ? 1 : AUDIO_STEP;
    s->timed = c->ids.sent != 0;
    s->ring_mask = (video ? PICTURES_KEPT : SOUND_KEPT) - 1;
    s->rtx_ssrc = rtx_ssrc, s->rtx_pt = (uint32_t)rtx_pt & 0x7F;
    s->state.per_second = s->allowed = LEAST_PER_SECOND;
    return s;
}

void slot_number(struct slot *s, uint32_t seq, uint32_t ts, uint32_t picture, uint32_t tl0, uint32_t rtx_seq) {
    s->state.seq = s->forgotten_seq = (uint16_t)seq;
    s->ts = ts;
    s->picture = (int32_t)(picture & 0x7FFF), s->tl0 = (int32_t)(tl0 & 0xFF);
    s->rtx_seq = rtx_seq & 0x7FFF;
}

conn *slot_conn(const struct slot *s) { return s->to; }
void slot_orphan(struct slot *s) { s->to = NULL; }
slot_state *slot_look(follower *f) { return &f->slot->state; }

static void ring_clear(struct slot *s) {
    if (!s->ring) return;
    for (uint32_t i = 0; i <= s->ring_mask; i++) chunk_drop(s->ring[i].of);
    free(s->ring);
    s->ring = NULL;
}

void slot_drop(struct slot *s) {
    ring_clear(s);
    free(s);
}

void slot_forget(follower *f) {
    struct slot *s = f->slot;
    ring_clear(s);
    s->forgotten_packets = s->state.packets;
    s->forgotten_seq = s->state.seq;
}

static kept *ring_get(struct slot *s, uint16_t seq) {
    if (!s->ring) return NULL;
    kept *found = &s->ring[seq & s->ring_mask];
    return found->used && found->seq == seq ? found : NULL;
}

static const uint8_t *kept_head(const kept *k) { return k->head_size > HEAD_KEPT ? k->of->data : k->head; }
static const uint8_t *kept_tail(const kept *k) { return k->of->data + k->of->size - k->tail_size; }

static void ring_put(struct slot *s, uint16_t seq, const uint8_t *head, uint32_t head_size, const uint8_t *tail,
                     uint32_t tail_size, packet *k) {
    if (!s->ring && !(s->ring = calloc(s->ring_mask + 1, sizeof *s->ring))) return;
    kept *to = &s->ring[seq & s->ring_mask];
    chunk_drop(to->of);
    to->used = false;
    to->of = NULL;
    if (head_size > HEAD_KEPT) {
        to->of = malloc(sizeof *to->of + head_size + tail_size);
        if (!to->of) return;
        to->of->references = 1, to->of->size = head_size + tail_size;
        memcpy(to->of->data, head, head_size);
        memcpy(to->of->data + head_size, tail, tail_size);
    } else {
        /* Slots of one encoding share its payload; where a descriptor was not understood their tails differ. */
        if (k->kept && k->kept->size < tail_size) return;
        if (!k->kept && !(k->kept = chunk_new(tail, tail_size))) return;
        to->of = k->kept;
        to->of->references++;
        memcpy(to->head, head, head_size);
    }
    to->seq = seq, to->head_size = (uint16_t)head_size, to->tail_size = (uint16_t)tail_size;
    to->repeated = false;
    to->used = true;
}

static void clock_begin(struct slot *s, uint16_t seq, uint32_t ts, double now) {
    uint32_t advance = s->step;
    if (s->started) {
        double elapsed = now - s->at;
        elapsed = elapsed < 0 ? 0 : elapsed > MAX_IDLE ? MAX_IDLE : elapsed;
        int64_t steps = (int64_t)rint(elapsed * (double)s->rate / (double)s->step);
        advance = (uint32_t)((steps < 1 ? 1 : steps) * s->step);
    }
    s->started = true;
    s->base_seq = seq;
    s->seq_shift = (uint16_t)(s->state.seq + 1 - seq);
    s->state.ts_shift = s->ts + advance - ts;
}

static bool clock_carry(struct slot *s, uint16_t seq, uint32_t ts, double now, uint16_t *out_seq, uint32_t *out_ts) {
    uint16_t since_base = (uint16_t)(seq - s->base_seq);
    if (since_base >= 0x8000) return false;
    *out_seq = (uint16_t)(seq + s->seq_shift);
    *out_ts = ts + s->state.ts_shift;
    uint16_t ahead = (uint16_t)(*out_seq - s->state.seq);
    if (0 < ahead && ahead < 0x8000) {
        s->state.seq = *out_seq;
        s->at = now;
        if (since_base > 0x4000) s->base_seq = (uint16_t)(seq - 0x2000);
        if (*out_ts - s->ts < 0x80000000u) s->ts = *out_ts;
    }
    return true;
}

static void pictures_begin(struct slot *s, const descriptor *d) {
    if (d->picture >= 0) {
        s->narrow = d->picture;
        s->picture_shift = s->picture + 1 - d->picture;
    }
    if (d->tl0 >= 0) s->tl0_shift = s->tl0 + 1 - d->tl0;
}

static int32_t widen(struct slot *s, int32_t picture) {
    int32_t step = ((picture - s->narrow + 0x40) & 0x7F) - 0x40;
    int32_t value = (s->narrow + step) & 0x7FFF;
    if (step > 0) s->narrow = value;
    return value;
}

/* The descriptor to send in place of `raw`; returns its size: at most one byte more. */
static uint32_t pictures_carry(struct slot *s, const descriptor *d, const uint8_t *raw, uint8_t *out) {
    int32_t tl0 = -1;
    if (d->tl0 >= 0) {
        tl0 = (d->tl0 + s->tl0_shift) & 0xFF;
        if (((tl0 - s->tl0) & 0xFF) < 0x80) s->tl0 = tl0;
    }
    if (d->picture < 0) {
        memcpy(out, raw, d->size);
        if (tl0 >= 0) out[d->tl0_at] = (uint8_t)tl0;
        return d->size;
    }
    int32_t picture = ((d->wide ? d->picture : widen(s, d->picture)) + s->picture_shift) & 0x7FFF;
    if (((picture - s->picture) & 0x7FFF) < 0x4000) s->picture = picture;
    uint32_t at = d->picture_at, after = at + (d->wide ? 2 : 1);
    memcpy(out, raw, at);
    put16(out + at, 0x8000u | (uint32_t)picture);
    memcpy(out + at + 2, raw + after, d->size - after);
    /* TL0PICIDX follows the picture id at once (RFC 7741, section 4.2). */
    if (tl0 >= 0) out[at + 2] = (uint8_t)tl0;
    return at + 2 + d->size - after;
}

/* What of the publisher's extensions may pass to this slot: see extensions.renumbering. */
static void ids_between(struct slot *s, const ext_ids *from) {
    const ext_ids *to = &s->to->ids;
    s->same_ids = !memcmp(from, to, sizeof *from);
    memset(s->map, 0, sizeof s->map);
    for (int i = 1; i < 15; i++)
        for (int j = 1; from->carried[i] && j < 15; j++)
            if (to->carried[j] == from->carried[i]) s->map[i] = (uint8_t)j;
}

static void send_before(plane *p, struct slot *s, uint16_t seq) {
    kept *before = ring_get(s, (uint16_t)(seq - 1));
    if (!before) return;
    conn_send(p, s->to, kept_head(before), before->head_size, kept_tail(before), before->tail_size);
    s->state.repeated++;
    s->state.repeated_octets += before->tail_size;
}

void slot_take(plane *p, follower *f, stream *of, packet *k) {
    struct slot *s = f->slot;
    if (!s->to) return;
    if (f->current != of || f->generation != of->generation) {
        if (!follower_begin(p, f, of, k)) return;
        if (s->video) {
            pictures_begin(s, &k->picture);
            slot_forget(f); /* a key frame needs nothing from before it */
        }
        clock_begin(s, k->seq, k->ts, k->now);
        ids_between(s, &of->ids);
        s->state.report_due = 1;
    }
    uint16_t seq;
    uint32_t ts;
    if (!clock_carry(s, k->seq, k->ts, k->now, &seq, &ts)) return;
    uint8_t head[HEAD_MAX], other[MAX_CARRIED];
    const uint8_t *carried = k->carried;
    uint32_t carried_size = k->carried_size;
    if (carried_size && !s->same_ids) {
        carried_size = renumber(other, carried, carried_size, s->map);
        carried = other;
    }
    uint32_t block = extension_block(head + 12, s->to->ids.sent, k->now, carried, carried_size);
    head[0] = (block ? 0x90 : 0x80) | k->padded;
    head[1] = (uint8_t)(k->marker | s->pt);
    put16(head + 2, seq);
    put32(head + 4, ts);
    put32(head + 8, s->ssrc);
    uint32_t size = 12 + block;
    const uint8_t *tail = k->data + k->start;
    if (s->video && k->picture.size) {
        size += pictures_carry(s, &k->picture, tail, head + size);
        tail += k->picture.size;
    }
    uint32_t tail_size = (uint32_t)(k->data + k->size - tail);
    ring_put(s, seq, head, size, tail, tail_size, k);
    s->state.packets++;
    s->state.octets += tail_size;
    conn_send(p, s->to, head, size, tail, tail_size);
    if (s->state.echo && !s->video) send_before(p, s, seq);
    if (s->state.echo && s->video && k->marker) slot_repeat(p, f, &seq, 1, k->now);
}

/* One lost packet again, wrapped where retransmissions have a stream of their own (RFC 4588, section 4). */
static void repeat(plane *p, struct slot *s, const kept *k, double now) {
    const uint8_t *head = kept_head(k), *tail = kept_tail(k);
    if (!s->rtx_ssrc) {
        /* The same number again must be the same bytes again (RFC 7714, section 8.1). */
        conn_send(p, s->to, head, k->head_size, tail, k->tail_size);
        return;
    }
    uint8_t wrapped[HEAD_MAX + 2];
    uint32_t at = header_size(head);
    memcpy(wrapped, head, at);
    wrapped[1] = (uint8_t)((head[1] & 0x80) | s->rtx_pt);
    put16(wrapped + 2, ++s->rtx_seq);
    put32(wrapped + 8, s->rtx_ssrc);
    if (s->timed) {
        /* The receiver takes the send time for this packet's own, and would see a queue that is none. */
        uint32_t stamp = (uint32_t)(int64_t)(now * 262144.0) & 0xFFFFFF;
        wrapped[SENT_AT] = (uint8_t)(stamp >> 16);
        put16(wrapped + SENT_AT + 1, stamp);
    }
    put16(wrapped + at, k->seq);
    memcpy(wrapped + at + 2, head + at, k->head_size - at);
    conn_send(p, s->to, wrapped, k->head_size + 2u, tail, k->tail_size);
}

int slot_repeat(plane *p, follower *f, const uint16_t *lost, uint32_t count, double now) {
    struct slot *s = f->slot;
    int done = 0;
    for (uint32_t i = 0; s->to && i < count; i++) {
        kept *k = ring_get(s, lost[i]);
        if (!k || (k->repeated && now - k->repeated_at < AGAIN_S)) continue;
        s->allowed += (now - s->allowed_at) * s->state.per_second;
        if (s->allowed > s->state.per_second) s->allowed = s->state.per_second;
        s->allowed_at = now;
        if (s->allowed < 1) continue;
        s->allowed -= 1;
        k->repeated = true;
        k->repeated_at = now;
        repeat(p, s, k, now);
        s->state.repeated_octets += k->tail_size;
        done++;
    }
    s->state.repeated += (uint64_t)done;
    return done;
}

int slot_kept(follower *f, uint32_t seq) { return ring_get(f->slot, (uint16_t)seq) != NULL; }

uint32_t slot_unsent(follower *f, int64_t first, int64_t last) {
    struct slot *s = f->slot;
    uint32_t size = s->ring_mask + 1, unsent = 0;
    uint32_t since = (uint16_t)(s->state.seq - s->forgotten_seq);
    int32_t ahead = since >= 0x8000 ? (int32_t)since - 0x10000 : (int32_t)since;
    int32_t remembered = s->state.packets - s->forgotten_packets >= size ? (int32_t)size
                         : ahead < (int32_t)size                        ? ahead
                                                                        : (int32_t)size;
    if (first < last - (int64_t)size + 1) first = last - (int64_t)size + 1;
    for (int64_t number = first; number <= last; number++) {
        int32_t back = (int16_t)(uint16_t)(s->state.seq - (uint16_t)number);
        unsent += 0 <= back && back < remembered && !ring_get(s, (uint16_t)number);
    }
    return unsent;
}
