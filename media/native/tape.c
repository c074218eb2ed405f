/* What a journal is to hold until Python hands it on: records as formats/framing.py has them. Mirrors nothing. */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 10, LEAST = 4 << 10, MOST = 2 << 20 };
static const int64_t UNHEARD_NS = 900000000; /* a crash may cost a second */

struct tape {
    uint8_t *sides[2];       /* one is filled while Python reads the other */
    uint32_t rooms[2], used, packets;
    int64_t first_ns, last_ns;
    int now;
};

struct tape *tape_make(void) { return calloc(1, sizeof(struct tape)); }

void tape_drop(struct tape *t) {
    free(t->sides[0]), free(t->sides[1]);
    free(t);
}

/* Whether a packet of this size may be captured: if not, Python is not there to write it down. Makes room for it. */
bool tape_fits(struct tape *t, uint32_t size, int64_t at) {
    if (t->packets && at - t->first_ns > UNHEARD_NS) return false;
    uint32_t *room = &t->rooms[t->now], needed = t->used + HEAD + size;
    if (needed <= *room) return true;
    uint32_t more = *room ? *room : LEAST;
    while (more < needed) more *= 2;
    if (more > MOST) return false;
    uint8_t *side = realloc(t->sides[t->now], more);
    if (!side) return false;
    t->sides[t->now] = side, *room = more;
    return true;
}

void tape_put(struct tape *t, const packet *k) {
    uint8_t *to = t->sides[t->now] + t->used;
    put16(to, k->size);
    put32(to + 2, (uint32_t)((uint64_t)k->at >> 32)), put32(to + 6, (uint32_t)k->at);
    memcpy(to + HEAD, k->data, k->size);
    t->used += HEAD + k->size;
    if (!t->packets++) t->first_ns = k->at;
    t->last_ns = k->at;
}

uint32_t tap_take(follower *f, captured *out) {
    struct tape *t = f->tape;
    *out = (captured){t->sides[t->now], t->used, t->packets, t->first_ns, t->last_ns};
    if (t->packets) t->now ^= 1;
    t->used = t->packets = 0;
    return out->packets;
}
