/* One browser's connection: decryption, the way of a packet to its stream, encryption. Mirrors adapter.py and link.py. */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

conn *conn_new(plane *p, uint32_t id, const ext_ids *ids) {
    conn *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->id = id;
    c->ids = *ids;
    c->fd = -1;
    c->packets_left = MAX_PACKETS, c->bytes_left = MAX_BYTES, c->rtcp_left = MAX_RTCP_BYTES;
    c->state.deadline_ns = INT64_MAX;
    c->next = p->conns;
    p->conns = c;
    return c;
}

void conn_free(plane *p, conn *c) {
    plane_unlearn(p, c);
    for (follower *f = p->followers; f; f = f->next)
        if (f->slot && slot_conn(f->slot) == c) slot_orphan(f->slot);
    for (conn **at = &p->conns; *at; at = &(*at)->next)
        if (*at == c) {
            *at = c->next;
            break;
        }
    free(c->flows);
    free(c);
}

conn_state *conn_look(conn *c) { return &c->state; }

void conn_keys(conn *c, void *rx, void *tx) { c->rx = rx, c->tx = tx; }

void conn_path(conn *c, int fd, int family, const uint8_t *ip, int port) {
    memset(&c->to, 0, sizeof c->to);
    if (family == 4) {
        struct sockaddr_in *to = (struct sockaddr_in *)&c->to;
        to->sin_family = AF_INET;
        to->sin_port = htons((uint16_t)port);
        memcpy(&to->sin_addr, ip, 4);
        c->to_size = sizeof *to;
    } else {
        struct sockaddr_in6 *to = (struct sockaddr_in6 *)&c->to;
        to->sin6_family = AF_INET6;
        to->sin6_port = htons((uint16_t)port);
        memcpy(&to->sin6_addr, ip, 16);
        c->to_size = sizeof *to;
    }
    c->fd = fd;
}

static flow *find_flow(conn *c, uint32_t ssrc) {
    for (uint32_t i = 0; i < c->flow_count; i++)
        if (c->flows[i].ssrc == ssrc) return &c->flows[i];
    return NULL;
}

int conn_bind(conn *c, uint32_t ssrc, int pt, int original_pt, int red, stream *s) {
    flow *f = find_flow(c, ssrc);
    if (!f) {
        if (c->flow_count == c->flow_room) {
            flow *more = realloc(c->flows, (c->flow_room + 8) * sizeof *more);
            if (!more) return -1;
            c->flows = more;
            c->flow_room += 8;
        }
        f = &c->flows[c->flow_count++];
    }
    *f = (flow){ssrc, pt, original_pt, red, s};
    return 0;
}

void conn_forget_stream(conn *c, const stream *s) {
    uint32_t to = 0;
    for (uint32_t i = 0; i < c->flow_count; i++)
        if (c->flows[i].of != s) c->flows[to++] = c->flows[i];
    c->flow_count = to;
}

/* The original of a retransmitted packet; 0 for padding, which carries none (RFC 4588, section 4). */
static uint32_t unwrap(uint8_t *out, const packet *k, uint32_t ssrc, int pt) {
    if (k->end - k->start < 3) return 0;
    memcpy(out, k->data, k->start);
    out[0] &= 0xDF;
    out[1] = (uint8_t)(k->marker | (pt & 0x7F));
    memcpy(out + 2, k->data + k->start, 2);
    put32(out + 8, ssrc);
    memcpy(out + k->start, k->data + k->start + 2, k->end - k->start - 2);
    return k->end - 2;
}

/* What a packet with redundancy stands for (RFC 2198): the packets before it that did not come, then itself. See red.py. */
static void unfold(plane *p, conn *c, const packet *k, int pt, stream *of) {
    struct {
        uint8_t pt;
        uint32_t offset, size;
    } blocks[MAX_REDUNDANT + 1];
    uint32_t count = 0, at = k->start, taken = 0;
    for (;; at += 4, count++) {
        if (at >= k->end) return;
        if (!(k->data[at] & 0x80)) break;
        if (at + 4 > k->end || count == MAX_REDUNDANT) return;
        uint32_t word = get32(k->data + at) & 0xFFFFFF;
        blocks[count].pt = k->data[at] & 0x7F, blocks[count].offset = word >> 10, blocks[count].size = word & 0x3FF;
        taken += blocks[count].size;
    }
    uint32_t body = at + 1;
    if (body + taken > k->end) return;
    blocks[count].pt = k->data[at] & 0x7F, blocks[count].offset = 0, blocks[count].size = k->end - body - taken;
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t back = count - i, size = blocks[i].size;
        uint16_t seq = (uint16_t)(k->seq - back);
        if (blocks[i].pt == pt && size && (blocks[i].offset != 0) == (back != 0) && (!back || stream_lacks(of, seq))) {
            uint8_t single[MAX_DATAGRAM];
            packet one;
            memcpy(single, k->data, k->start);
            single[0] &= 0xDF;
            single[1] = (uint8_t)((back ? 0 : k->marker) | (pt & 0x7F));
            put16(single + 2, seq);
            put32(single + 4, k->ts - blocks[i].offset);
            memcpy(single + k->start, k->data + body, size);
            if (packet_read(&one, single, k->start + size, k->at, &c->ids)) stream_feed(p, of, &one, back != 0, 0);
        }
        body += size;
    }
}

/* A decrypted RTP packet. `again`: it was counted before, and waited for its SSRC to be bound. */
void conn_rtp(plane *p, conn *c, const uint8_t *data, uint32_t size, int64_t at, int again) {
    packet k;
    if (size > MAX_DATAGRAM || !c->state.active || !packet_read(&k, data, size, at, &c->ids)) {
        c->state.dropped++;
        return;
    }
    if (!log_room(p)) {
        p->counted.full++;
        return;
    }
    c->state.heard_ns = at;
    if (at > c->state.deadline_ns) {
        log_put(p, LATE, 0, c->id, 0, at, 0, NULL, 0);
        p->urgent = true;
        c->state.dropped++;
        return;
    }
    if (!again) {
        c->state.packets++;
        c->state.octets += size;
    }
    const flow *f = find_flow(c, k.ssrc);
    if (!f) {
        if (again || !log_idle(p)) {
            c->state.dropped++;
        } else {
            log_put(p, UNBOUND, 0, c->id, 0, at, 0, data, size);
            p->urgent = true;
        }
        return;
    }
    if (f->pt != k.pt && f->red != k.pt) {
        c->state.dropped++;
        return;
    }
    if (f->red == k.pt) {
        log_put(p, ARRIVED, 0, c->id, 0, at, 0, NULL, (int64_t)(k.sent + 1) << 16 | size);
        unfold(p, c, &k, f->pt, f->of);
        return;
    }
    if (f->original_pt < 0) {
        stream_feed(p, f->of, &k, false, c->id);
        return;
    }
    log_put(p, ARRIVED, 0, c->id, 0, at, 0, NULL, (int64_t)(k.sent + 1) << 16 | size);
    uint8_t original[MAX_DATAGRAM];
    uint32_t whole = f->of->ssrc ? unwrap(original, &k, f->of->ssrc, f->original_pt) : 0;
    stream *of = f->of;
    if (whole && packet_read(&k, original, whole, at, &c->ids)) stream_feed(p, of, &k, true, 0);
}

/* Whether somebody should look at this compound at once: it asks for packets or for a key frame. */
static bool asks(const uint8_t *data, uint32_t size) {
    uint32_t at = 0;
    while (at + 4 <= size) {
        uint8_t type = data[at + 1], format = data[at] & 0x1F;
        if (type == 205 || (type == 206 && format != 15)) return true;
        at += 4 + get16(data + at + 2) * 4u;
    }
    return false;
}

static bool accepted(conn *c, uint32_t ssrc) {
    for (uint32_t i = 0; i < c->ssrc_count; i++)
        if (c->ssrcs[i] == ssrc) return true;
    return false;
}

static int64_t earned(int64_t left, int64_t ns, int64_t per_second) {
    left = (left < 0 ? 0 : left) + ns / 1000 * per_second / 1000000;
    return left < per_second ? left : per_second;
}

/* Whether a packet of this size may pass: see budget.py. */
static bool spend(conn *c, uint32_t size, bool rtcp, int64_t at) {
    int64_t passed = at - c->earned_ns;
    if (passed >= 20000000) {
        if (passed > 1000000000) passed = 1000000000;
        c->packets_left = earned(c->packets_left, passed, MAX_PACKETS);
        c->bytes_left = earned(c->bytes_left, passed, MAX_BYTES);
        c->rtcp_left = earned(c->rtcp_left, passed, MAX_RTCP_BYTES);
        c->earned_ns = at;
    }
    c->packets_left--;
    c->bytes_left -= size;
    if (rtcp) c->rtcp_left -= size;
    return c->packets_left >= 0 && c->bytes_left >= 0 && (!rtcp || c->rtcp_left >= 0);
}

/* A datagram that may be SRTP or SRTCP, decrypted where it lies. */
void conn_datagram(plane *p, conn *c, uint8_t *data, uint32_t size, int64_t at) {
    if (size < 12 || !c->rx || !c->tx) return;
    bool rtcp = 192 <= data[1] && data[1] <= 223;
    if (!spend(c, size, rtcp, at)) {
        p->counted.over_rate++;
        return;
    }
    uint32_t ssrc = get32(data + (rtcp ? 4 : 8));
    bool known = accepted(c, ssrc);
    int length = (int)size;
    if ((!known && c->ssrc_count >= MAX_SSRCS) || (rtcp ? p->unprotect_rtcp : p->unprotect)(c->rx, data, &length)) {
        p->counted.bad_srtp++;
        return;
    }
    if (!known) c->ssrcs[c->ssrc_count++] = ssrc;
    if (!rtcp) {
        conn_rtp(p, c, data, (uint32_t)length, at, 0);
        return;
    }
    if (!log_idle(p)) {
        p->counted.full++;
        return;
    }
    log_put(p, RTCP, 0, c->id, 0, at, 0, data, length);
    if (asks(data, (uint32_t)length)) p->urgent = true;
}

static void send_with(plane *p, conn *c, srtp_call protect, const uint8_t *head, uint32_t head_size,
                      const uint8_t *tail, uint32_t tail_size) {
    uint32_t size = head_size + tail_size;
    if (!c->tx || c->fd < 0 || size > MAX_DATAGRAM - ROOM_FOR_TAG) {
        p->counted.unsent++;
        return;
    }
    outgoing *o = outbox_next(p);
    memcpy(o->data, head, head_size);
    if (tail_size) memcpy(o->data + head_size, tail, tail_size);
    int length = (int)size;
    if (protect(c->tx, o->data, &length)) {
        p->counted.unsent++;
        return;
    }
    o->fd = c->fd;
    o->size = (uint32_t)length;
    memcpy(&o->to, &c->to, c->to_size);
    o->to_size = c->to_size;
    p->outbox_used++;
}

void conn_send(plane *p, conn *c, const uint8_t *head, uint32_t head_size, const uint8_t *tail, uint32_t tail_size) {
    if (!p->traced) {
        send_with(p, c, p->protect, head, head_size, tail, tail_size);
        return;
    }
    uint8_t whole[2 * MAX_DATAGRAM];
    if (head_size + tail_size > sizeof whole) return;
    memcpy(whole, head, head_size);
    memcpy(whole + head_size, tail, tail_size);
    log_put(p, OUT, 0, c->id, 0, 0, 0, whole, head_size + tail_size);
}

void conn_rtcp(plane *p, conn *c, const uint8_t *data, uint32_t size) {
    send_with(p, c, p->protect_rtcp, data, size, NULL, 0);
}
