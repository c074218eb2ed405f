/* One encoding as it arrives on one SSRC, and whoever carries it on. Mirrors reception.py, stream.py and follower.py. */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

static const int64_t NOTHING = -WINDOW;

stream *stream_new(plane *p, uint32_t id, int video) {
    stream *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->id = id;
    s->video = video;
    s->next = p->streams;
    p->streams = s;
    return s;
}

void stream_free(plane *p, stream *s) {
    for (conn *c = p->conns; c; c = c->next) conn_forget_stream(c, s);
    for (follower *f = p->followers; f; f = f->next) {
        if (f->current == s) f->current = NULL;
        if (f->coming == s) f->coming = NULL;
        for (uint32_t i = 0; i < f->floor_count; i++)
            if (f->floors[i].of == s) f->floors[i].of = NULL;
    }
    for (stream **at = &p->streams; *at; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            break;
        }
    free(s->subscribers);
    free(s);
}

void stream_bind(stream *s, uint32_t ssrc, const ext_ids *ids, int64_t generation) {
    s->ssrc = ssrc;
    s->ids = *ids;
    s->generation = generation;
    s->started = false;
    s->highest = s->number = 0;
    for (int i = 0; i < WINDOW; i++) s->seen[i] = NOTHING;
}

void stream_unbind(stream *s) { s->ssrc = 0; }

int stream_subscribers(stream *s, follower **list, uint32_t count) {
    if (count > s->room) {
        follower **more = realloc(s->subscribers, (count + 8) * sizeof *more);
        if (!more) return -1;
        s->subscribers = more;
        s->room = count + 8;
    }
    if (count) memcpy(s->subscribers, list, count * sizeof *list);
    s->count = count;
    return 0;
}

void stream_leave(stream *s, follower *f) {
    uint32_t to = 0;
    for (uint32_t i = 0; i < s->count; i++)
        if (s->subscribers[i] != f) s->subscribers[to++] = s->subscribers[i];
    s->count = to;
}

static void restart(stream *s, uint16_t seq) {
    s->started = true;
    s->highest = s->number = seq;
    for (int i = 0; i < WINDOW; i++) s->seen[i] = NOTHING;
    s->seen[seq % WINDOW] = seq;
}

static enum verdict take(stream *s, uint16_t seq) {
    if (!s->started) {
        restart(s, seq);
        return NEW;
    }
    int32_t step = (int16_t)(uint16_t)(seq - (uint16_t)s->highest);
    int64_t number = s->highest + step;
    int64_t *seen = &s->seen[((uint64_t)number) % WINDOW];
    enum verdict verdict = NEW;
    if (step > MAX_JUMP || step < -MAX_JUMP) {
        restart(s, seq);
        return RESTART;
    }
    if (step > 0)
        s->highest = number;
    else if (step <= -WINDOW || *seen == number)
        return SEEN;
    else
        verdict = OVERTAKEN;
    s->number = number;
    *seen = number;
    return verdict;
}

/* Whether this packet of the present life of the stream has not been taken, and still may be. */
bool stream_lacks(const stream *s, uint16_t seq) {
    int32_t step = (int16_t)(uint16_t)(seq - (uint16_t)s->highest);
    int64_t number = s->highest + step;
    if (!s->started || step <= -WINDOW || step > MAX_JUMP) return false;
    return step > 0 || s->seen[((uint64_t)number) % WINDOW] != number;
}

/* `from`: the connection whose estimator is to hear of this packet, too, or 0. */
void stream_feed(plane *p, stream *s, packet *k, bool repaired, uint32_t from) {
    for (uint32_t i = 0; i < s->count && s->subscribers[i]->tape; i++) /* taps come first */
        if (!tape_fits(s->subscribers[i]->tape, k->size, k->at)) {
            p->counted.full++; /* what cannot be written down nobody gets, as if it were lost on its way */
            return;
        }
    int64_t before = s->highest;
    bool started = s->started;
    enum verdict verdict = take(s, k->seq);
    if (verdict == RESTART) s->generation++;
    if (verdict == RESTART || (started && s->highest - before > 1)) p->urgent = true; /* something is to be asked for */
    bool carried = verdict != SEEN && s->count;
    if (carried && s->video) {
        descriptor *d = &k->picture;
        if (!descriptor_read(d, k->data, k->start, k->end)) {
            d->size = 0; /* padding only: passed on as it is, to leave no hole in the sequence */
            d->picture = d->tl0 = -1;
        }
    }
    bool key = carried && s->video && k->picture.size && k->picture.key;
    log_put(p, PACKET, (uint32_t)verdict | (repaired ? 16u : 0u) | (key ? 32u : 0u), from, s->id, k->at,
            (int64_t)k->ts << 16 | k->seq, NULL, (int64_t)(k->sent + 1) << 16 | k->size);
    if (!carried) return;
    for (uint32_t i = 0; i < s->count; i++) {
        follower *f = s->subscribers[i];
        if (f->slot) {
            slot_take(p, f, s, k);
        } else {
            if ((f->current != s || f->generation != s->generation) && !follower_begin(p, f, s, k)) continue;
            if (s->number <= f->floor) continue;
            tape_put(f->tape, k);
        }
    }
    chunk_drop(k->kept);
    k->kept = NULL;
}

/* Whether this packet is where to begin with that stream; if so it is carried from here on. See Follower._switch. */
bool follower_begin(plane *p, follower *f, stream *s, const packet *k) {
    if (!f->attached || (f->current && s != f->current && s != f->coming)) return false;
    if (s->video && !k->picture.key) return false;
    int64_t floor = INT64_MIN;
    for (uint32_t i = 0; i < f->floor_count; i++)
        if (f->floors[i].of == s && f->floors[i].generation == s->generation) floor = f->floors[i].newest;
    if (s->number <= floor) return false;
    if (s != f->current) {
        if (f->current) stream_leave(f->current, f);
        f->current = s;
        f->coming = NULL;
    }
    f->generation = s->generation;
    f->floor = floor;
    p->urgent = true; /* a sender report is due */
    log_put(p, SWITCHED, f->stamp, f->id, s->id, k->at, f->generation, NULL, floor);
    return true;
}

static follower *follower_new(plane *p, uint32_t id, struct slot *slot, struct tape *tape) {
    follower *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->id = id;
    f->slot = slot, f->tape = tape;
    f->generation = -1;
    f->floor = INT64_MIN;
    f->next = p->followers;
    p->followers = f;
    return f;
}

follower *slot_new(plane *p, conn *c, uint32_t id, int video, uint32_t ssrc, int pt, uint32_t rtx_ssrc, int rtx_pt,
                   uint32_t seq, uint32_t ts, uint32_t picture, uint32_t tl0, uint32_t rtx_seq) {
    struct slot *slot = slot_make(c, video, ssrc, pt, rtx_ssrc, rtx_pt);
    if (!slot) return NULL;
    slot_number(slot, seq, ts, picture, tl0, rtx_seq);
    follower *f = follower_new(p, id, slot, NULL);
    if (!f) slot_drop(slot);
    return f;
}

follower *tap_new(plane *p, uint32_t id) {
    struct tape *tape = tape_make();
    if (!tape) return NULL;
    follower *f = follower_new(p, id, NULL, tape);
    if (!f) tape_drop(tape);
    return f;
}

void follower_free(plane *p, follower *f) {
    for (stream *s = p->streams; s; s = s->next) stream_leave(s, f);
    for (follower **at = &p->followers; *at; at = &(*at)->next)
        if (*at == f) {
            *at = f->next;
            break;
        }
    if (f->slot) slot_drop(f->slot);
    if (f->tape) tape_drop(f->tape);
    free(f);
}

void follower_set(follower *f, uint32_t stamp, int attached, stream *current, stream *next, int64_t generation, int64_t floor,
                  const floor_mark *floors, uint32_t count) {
    f->stamp = (uint16_t)stamp;
    f->attached = attached;
    f->current = current, f->coming = next;
    f->generation = generation, f->floor = floor;
    f->floor_count = count < MAX_FLOORS ? count : MAX_FLOORS;
    if (f->floor_count) memcpy(f->floors, floors, f->floor_count * sizeof *floors);
}
