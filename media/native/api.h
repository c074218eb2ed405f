/* What Python may call and read: the one description of both sides, read by the compiler and by cffi.

Every function but plane_new, plane_lock, plane_swap, plane_turns, plane_listen, plane_used, plane_counted, plane_stop and
plane_free belongs to whoever holds the lock. Single fields of conn_state and slot_state may be read and set without it,
but for `active`. */

typedef struct plane plane;
typedef struct conn conn;
typedef struct stream stream;
typedef struct follower follower;

/* Counters since the start. */
typedef struct {
    uint64_t lost;            /* by the socket */
    uint64_t unknown_address;
    uint64_t bad_srtp;
    uint64_t over_rate;
    uint64_t unsent;
    uint64_t full;            /* refused because Python is behind with the log */
} plane_counters;

typedef struct {
    uint64_t packets, octets, dropped;
    int64_t heard_ns;
    int64_t deadline_ns;      /* nothing that arrives later is passed on */
    uint8_t active;
} conn_state;

typedef struct {
    uint64_t packets, octets, repeated, repeated_octets;
    double per_second;        /* packets that may be repeated */
    uint32_t ts_shift;
    uint16_t seq;             /* last sent */
    uint8_t report_due, echo;
} slot_state;

/* Header extension ids of a connection: 0 where not negotiated; carried[id] is a hash of the URI. */
typedef struct {
    uint8_t mid, sent, rid, repaired_rid;
    uint64_t carried[15];
} ext_ids;

/* What a follower may not carry of a stream: this generation up to its packet `newest`. */
typedef struct {
    stream *of;
    int64_t generation, newest;
} floor_mark;

/* What has happened, in order. `size` is that of the whole record, a multiple of 8; data of `b` bytes may follow. */
typedef struct {
    uint32_t size;
    uint16_t kind, flags;
    uint32_t one, two;
    int64_t at, a, b;
} record;

/* What a tap has captured: records as formats/framing.py has them. */
typedef struct {
    const uint8_t *data;
    uint32_t size, packets;
    int64_t first_ns, last_ns;
} captured;

plane *plane_new(void *protect, void *unprotect, void *protect_rtcp, void *unprotect_rtcp, int wake_fd);
void plane_free(plane *p);
void plane_lock(plane *p);
void plane_unlock(plane *p);
const uint8_t *plane_swap(plane *p, uint32_t *size);
const uint8_t *plane_take(plane *p, uint32_t *size);
const uint32_t *plane_used(const plane *p);  /* bytes of log that wait; may be read without the lock */
const plane_counters *plane_counted(plane *p);
int plane_listen(plane *p, int fd, uint32_t wire);
void plane_turns(uint64_t ns);
void plane_stop(plane *p);
int plane_learn(plane *p, int family, const uint8_t *ip, int port, conn *c);
void plane_unlearn(plane *p, conn *c);

conn *conn_new(plane *p, uint32_t id, const ext_ids *ids);
void conn_free(plane *p, conn *c);
conn_state *conn_look(conn *c);
void conn_keys(conn *c, void *rx, void *tx);
void conn_path(conn *c, int fd, int family, const uint8_t *ip, int port);
int conn_bind(conn *c, uint32_t ssrc, int pt, int original_pt, int red, stream *s);
void conn_rtp(plane *p, conn *c, const uint8_t *data, uint32_t size, int64_t at, int again);
void conn_rtcp(plane *p, conn *c, const uint8_t *data, uint32_t size);

stream *stream_new(plane *p, uint32_t id, int video);
void stream_free(plane *p, stream *s);
void stream_bind(stream *s, uint32_t ssrc, const ext_ids *ids, int64_t generation);
void stream_unbind(stream *s);
int stream_subscribers(stream *s, follower **list, uint32_t count);

follower *slot_new(plane *p, conn *c, uint32_t id, int video, uint32_t ssrc, int pt, uint32_t rtx_ssrc, int rtx_pt,
                   uint32_t seq, uint32_t ts, uint32_t picture, uint32_t tl0, uint32_t rtx_seq);
follower *tap_new(plane *p, uint32_t id);
uint32_t tap_take(follower *f, captured *out);  /* since the last call; it stays as it is until the next */
void follower_free(plane *p, follower *f);
void follower_set(follower *f, uint32_t stamp, int attached, stream *current, stream *next, int64_t generation, int64_t floor,
                  const floor_mark *floors, uint32_t count);
slot_state *slot_look(follower *f);
void slot_forget(follower *f);
int slot_repeat(plane *p, follower *f, const uint16_t *lost, uint32_t count, double now);
int slot_kept(follower *f, uint32_t seq);
uint32_t slot_unsent(follower *f, int64_t first, int64_t last);
