/* What the parts of the native engine share. Each part says in its own file what it does. */
#ifndef HESHI_PLANE_H
#define HESHI_PLANE_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#pragma GCC visibility push(default)
#include "api.h"
#pragma GCC visibility pop

enum {
    MAX_DATAGRAM = 2048,
    ROOM_FOR_TAG = 160,
    MAX_CARRIED = 255,       /* bytes of header extensions passed on; more is left out */
    MAX_FLOORS = 4,          /* encodings of a source */
    MAX_SSRCS = 256,         /* libsrtp keeps a state for each SSRC it once accepted, and searches them one by one */
    MAX_PACKETS = 2500,      /* per second from one browser: see budget.py */
    MAX_BYTES = 1500000,
    MAX_RTCP_BYTES = 30000,
    MAX_REDUNDANT = 8,       /* blocks before the packet's own: see red.py */
    WINDOW = 1024,           /* packets back within which a late one is told from a duplicate */
    MAX_JUMP = 8192,         /* a larger step in sequence numbers is a new life of the source, not loss */
};

enum kind { DATAGRAM = 1, RTCP, UNBOUND, ARRIVED, PACKET, SWITCHED, OUT, LATE };
enum verdict { NEW, SEEN, RESTART, OVERTAKEN };

/* A VP8 payload descriptor (RFC 7741, section 4.2). */
typedef struct {
    uint32_t size, picture_at, tl0_at;
    int32_t picture, tl0;    /* -1: absent */
    bool wide, key;
} descriptor;

/* The packet in hand. */
typedef struct {
    const uint8_t *data;
    uint32_t size, start, end;
    uint16_t seq;
    uint32_t ts, ssrc;
    uint8_t marker, padded, pt;
    int32_t sent;            /* abs-send-time, or -1 */
    int64_t at;              /* monotonic nanoseconds */
    double now;
    uint32_t carried_size;
    uint8_t carried[MAX_CARRIED];
    descriptor picture;
    struct chunk *kept;      /* its payload, once somebody keeps it */
} packet;

bool packet_read(packet *k, const uint8_t *data, uint32_t size, int64_t at, const ext_ids *ids);
bool descriptor_read(descriptor *d, const uint8_t *data, uint32_t start, uint32_t end);
uint32_t extension_block(uint8_t *out, uint32_t sent, double now, const uint8_t *carried, uint32_t size);
uint32_t renumber(uint8_t *out, const uint8_t *carried, uint32_t size, const uint8_t map[16]);
uint32_t header_size(const uint8_t *data);

static inline uint32_t get32(const uint8_t *at) {
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}
static inline uint16_t get16(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static inline void put32(uint8_t *at, uint32_t value) {
    at[0] = (uint8_t)(value >> 24), at[1] = (uint8_t)(value >> 16), at[2] = (uint8_t)(value >> 8), at[3] = (uint8_t)value;
}
static inline void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }

/* A payload that several rings hold. */
typedef struct chunk {
    uint32_t references, size;
    uint8_t data[];
} chunk;
chunk *chunk_new(const uint8_t *data, uint32_t size);
void chunk_drop(chunk *c);

typedef struct {
    uint8_t family;          /* 4 or 6 */
    uint8_t ip[16];
    uint16_t port;
} address;

struct stream {
    stream *next;
    uint32_t id, ssrc;
    bool video, started;
    ext_ids ids;
    int64_t generation, highest, number;
    int64_t seen[WINDOW];
    follower **subscribers;
    uint32_t count, room;
};
bool stream_lacks(const stream *s, uint16_t seq);
void stream_feed(plane *p, stream *s, packet *k, bool repaired, uint32_t from);
void stream_leave(stream *s, follower *f);

struct follower {
    follower *next;
    uint32_t id;
    bool attached;
    uint16_t stamp;          /* of what Python last decided */
    stream *current, *coming;
    int64_t generation, floor;
    floor_mark floors[MAX_FLOORS];
    uint32_t floor_count;
    struct slot *slot;       /* one of these, */
    struct tape *tape;       /* or a tap's */
};
bool follower_begin(plane *p, follower *f, stream *s, const packet *k);

struct slot *slot_make(conn *c, bool video, uint32_t ssrc, int pt, uint32_t rtx_ssrc, int rtx_pt);
void slot_number(struct slot *s, uint32_t seq, uint32_t ts, uint32_t picture, uint32_t tl0, uint32_t rtx_seq);
void slot_take(plane *p, follower *f, stream *s, packet *k);
void slot_drop(struct slot *s);
struct tape *tape_make(void);
bool tape_fits(struct tape *t, uint32_t size, int64_t at);
void tape_put(struct tape *t, const packet *k);
void tape_drop(struct tape *t);
conn *slot_conn(const struct slot *s);
void slot_orphan(struct slot *s);

typedef struct {
    uint32_t ssrc;
    int pt, original_pt;     /* of what a retransmission repeats; -1: it is the original */
    int red;                 /* of the same with redundancy; -1: none */
    stream *of;
} flow;

struct conn {
    conn *next;
    uint32_t id;
    conn_state state;
    ext_ids ids;
    void *rx, *tx;
    int fd;                  /* -1: no path yet */
    struct sockaddr_storage to;
    socklen_t to_size;
    flow *flows;
    uint32_t flow_count, flow_room;
    uint32_t ssrcs[MAX_SSRCS], ssrc_count;
    int64_t packets_left, bytes_left, rtcp_left, earned_ns;
};
void conn_datagram(plane *p, conn *c, uint8_t *data, uint32_t size, int64_t at);
void conn_send(plane *p, conn *c, const uint8_t *head, uint32_t head_size, const uint8_t *tail, uint32_t tail_size);
void conn_forget_stream(conn *c, const stream *s);

typedef int (*srtp_call)(void *session, void *data, int *size);

typedef struct {
    conn *of;
    address from;
} resident;

enum { OUTBOX = 64 };
typedef struct {
    int fd;
    struct sockaddr_storage to;
    socklen_t to_size;
    uint32_t size;
    uint8_t data[MAX_DATAGRAM];
} outgoing;

struct plane {
    pthread_mutex_t queue, lock;
    srtp_call protect, unprotect, protect_rtcp, unprotect_rtcp;
    bool traced;             /* without encryption: what would be sent goes into the log */
    plane_counters counted;
    conn *conns;
    stream *streams;
    follower *followers;
    resident *table;            /* by address, open addressing, a power of two */
    uint32_t table_size, table_used;
    uint64_t seed;
    uint8_t *logs[2];
    uint32_t log_used;
    int log_now, wake_fd;
    bool urgent, woken;
    outgoing *outbox;
    uint32_t outbox_used;
    struct listener *listeners;
    bool stopping;
};
bool log_room(const plane *p);
bool log_idle(const plane *p);
void log_put(plane *p, enum kind kind, uint32_t flags, uint32_t one, uint32_t two, int64_t at, int64_t a,
             const uint8_t *data, int64_t b);
outgoing *outbox_next(plane *p);
void outbox_flush(plane *p);
conn *plane_find(const plane *p, const address *from);

#endif
