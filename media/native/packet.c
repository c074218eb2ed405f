/* RTP packets as bytes and integers (RFC 3550, section 5.1; RFC 8285; RFC 7741). Mirrors rtp.py, vp8.py, extensions.py. */
#include "plane.h"

#include <stdlib.h>
#include <string.h>

static void read_elements(packet *k, const uint8_t *data, uint32_t at, uint32_t end, const ext_ids *ids) {
    uint32_t profile = get16(data + at);
    bool wide = (profile & 0xFFF0) == 0x1000;
    if (!wide && profile != 0xBEDE) return;
    at += 4;
    while (at < end) {
        uint8_t first = data[at];
        uint32_t number, size, start;
        if (first == 0) {
            at++;
            continue;
        }
        if (wide) {
            if (at + 2 > end) return;
            number = first, size = data[at + 1], start = at + 2;
        } else {
            number = first >> 4, size = (first & 0x0Fu) + 1, start = at + 1;
            if (number == 15) return;
        }
        at = start + size;
        if (at > end) return;
        if (number == ids->sent) {
            if (size == 3) k->sent = data[start] << 16 | data[start + 1] << 8 | data[start + 2];
        } else if (number == ids->mid || number == ids->rid || number == ids->repaired_rid) {
            continue; /* who it is: read where an SSRC is bound, and written by nobody */
        } else if (0 < size && size <= 16 && 0 < number && number < 15 && k->carried_size + 1 + size <= MAX_CARRIED) {
            k->carried[k->carried_size] = (uint8_t)(number << 4 | (size - 1));
            memcpy(k->carried + k->carried_size + 1, data + start, size);
            k->carried_size += 1 + size;
        }
    }
}

bool packet_read(packet *k, const uint8_t *data, uint32_t size, int64_t at, const ext_ids *ids) {
    if (size < 12) return false;
    uint8_t first = data[0];
    uint32_t start = 12 + (first & 0x0Fu) * 4;
    k->sent = -1;
    k->carried_size = 0;
    k->kept = NULL;
    k->picture = (descriptor){.picture = -1, .tl0 = -1};
    if ((first & 0xC0) != 0x80) return false;
    if (first & 0x10) {
        if (start + 4 > size) return false;
        uint32_t end = start + 4 + get16(data + start + 2) * 4u;
        if (end > size) return false;
        read_elements(k, data, start, end, ids);
        start = end;
    }
    k->padded = first & 0x20;
    /* Padding counts itself (RFC 3550, section 5.1): a count of 0 is a lie, and refused. */
    uint32_t padding = k->padded ? data[size - 1] : 0;
    if ((k->padded && padding == 0) || start + padding > size) return false;
    k->marker = data[1] & 0x80;
    k->pt = data[1] & 0x7F;
    k->seq = get16(data + 2);
    k->ts = get32(data + 4);
    k->ssrc = get32(data + 8);
    k->data = data, k->size = size, k->start = start, k->end = size - padding;
    k->at = at;
    k->now = (double)at / 1e9;
    return true;
}

bool descriptor_read(descriptor *d, const uint8_t *data, uint32_t start, uint32_t end) {
    uint32_t at = start;
    d->size = 0, d->picture = d->tl0 = -1, d->key = d->wide = false;
    if (at >= end) return false;
    uint8_t first = data[at++];
    if (first & 0x80) {
        if (at >= end) return false;
        uint8_t flags = data[at++];
        if (flags & 0x80) {
            if (at >= end) return false;
            d->picture_at = at - start;
            d->wide = data[at] & 0x80;
            if (d->wide) {
                if (at + 1 >= end) return false;
                d->picture = (data[at] & 0x7F) << 8 | data[at + 1];
                at += 2;
            } else {
                d->picture = data[at++];
            }
        }
        if (flags & 0x40) {
            if (at >= end) return false;
            d->tl0_at = at - start;
            d->tl0 = data[at++];
        }
        if (flags & 0x30) at++;
    }
    if (at >= end) return false;
    d->size = at - start;
    /* Start of partition 0 and an inverse key-frame bit of 0: RFC 7741, sections 4.2 and 4.3. */
    d->key = (first & 0x17) == 0x10 && !(data[at] & 0x01);
    return true;
}

/* Up to 4 + 4 + MAX_CARRIED + 3 bytes. */
uint32_t extension_block(uint8_t *out, uint32_t sent, double now, const uint8_t *carried, uint32_t size) {
    if (!sent && !size) return 0;
    uint32_t at = 4;
    if (sent) {
        uint32_t stamp = (uint32_t)(int64_t)(now * 262144.0) & 0xFFFFFF;
        put32(out + at, (sent << 4 | 2) << 24 | stamp);
        at += 4;
    }
    memcpy(out + at, carried, size);
    at += size;
    while (at & 3) out[at++] = 0;
    put16(out, 0xBEDE);
    put16(out + 2, (at - 4) >> 2);
    return at;
}

uint32_t renumber(uint8_t *out, const uint8_t *carried, uint32_t size, const uint8_t map[16]) {
    uint32_t at = 0, to = 0;
    while (at < size) {
        uint8_t first = carried[at];
        uint32_t whole = (first & 0x0Fu) + 2;
        if (map[first >> 4]) {
            memcpy(out + to, carried + at, whole);
            out[to] = (uint8_t)(map[first >> 4] << 4 | (first & 0x0F));
            to += whole;
        }
        at += whole;
    }
    return to;
}

uint32_t header_size(const uint8_t *data) { return data[0] & 0x10 ? 16 + get16(data + 14) * 4u : 12; }

chunk *chunk_new(const uint8_t *data, uint32_t size) {
    chunk *c = malloc(sizeof *c + size);
    if (!c) return NULL;
    c->references = 1, c->size = size;
    memcpy(c->data, data, size);
    return c;
}

void chunk_drop(chunk *c) {
    if (c && --c->references == 0) free(c);
}
