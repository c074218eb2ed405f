/* One worker's plane: its lock, its log, who lives at which address, and the threads that read the sockets. */
#include "plane.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LOG_SIZE = 8 << 20,
    LOG_MARGIN = 512 << 10,  /* more than one packet to every slot of a large room takes, also when traced */
    BATCH = 32,
    OUR_TABLE = 64,
    TURN_NS = 100000,        /* the shortest that the kernel grants */
};

plane *plane_new(void *protect, void *unprotect, void *protect_rtcp, void *unprotect_rtcp, int wake_fd) {
    plane *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->protect = (srtp_call)protect, p->unprotect = (srtp_call)unprotect;
    p->protect_rtcp = (srtp_call)protect_rtcp, p->unprotect_rtcp = (srtp_call)unprotect_rtcp;
    p->traced = !protect;
    p->wake_fd = wake_fd;
    p->table_size = OUR_TABLE;
    p->table = calloc(p->table_size, sizeof *p->table);
    p->logs[0] = malloc(LOG_SIZE), p->logs[1] = malloc(LOG_SIZE);
    p->outbox = calloc(OUTBOX, sizeof *p->outbox);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    p->seed = (uint64_t)now.tv_nsec << 20 ^ (uint64_t)(uintptr_t)p ^ (uint64_t)getpid();
    pthread_mutex_init(&p->queue, NULL);
    pthread_mutex_init(&p->lock, NULL);
    if (p->table && p->logs[0] && p->logs[1] && p->outbox) return p;
    plane_free(p);
    return NULL;
}

void plane_free(plane *p) {
    plane_stop(p);
    while (p->followers) follower_free(p, p->followers);
    while (p->streams) stream_free(p, p->streams);
    while (p->conns) conn_free(p, p->conns);
    free(p->table);
    free(p->logs[0]), free(p->logs[1]);
    free(p->outbox);
    pthread_mutex_destroy(&p->lock), pthread_mutex_destroy(&p->queue);
    free(p);
}

/* Two locks, so that a thread that comes back at once cannot overtake who has waited. */
void plane_lock(plane *p) {
    pthread_mutex_lock(&p->queue);
    pthread_mutex_lock(&p->lock);
    pthread_mutex_unlock(&p->queue);
}

void plane_unlock(plane *p) {
    outbox_flush(p);
    pthread_mutex_unlock(&p->lock);
}

const uint32_t *plane_used(const plane *p) { return &p->log_used; }

const plane_counters *plane_counted(plane *p) { return &p->counted; }

/* --- the log */

bool log_room(const plane *p) { return p->log_used + LOG_MARGIN <= LOG_SIZE; }

/* What may come from anybody is taken only while half of the log is free. */
bool log_idle(const plane *p) { return p->log_used <= LOG_SIZE / 2; }

void log_put(plane *p, enum kind kind, uint32_t flags, uint32_t one, uint32_t two, int64_t at, int64_t a,
             const uint8_t *data, int64_t b) {
    uint32_t whole = (uint32_t)sizeof(record) + (data ? ((uint32_t)b + 7) & ~7u : 0);
    if (p->log_used + whole > LOG_SIZE) {
        p->counted.full++; /* only a traced plane with a vast room comes here: `log_room` was asked before */
        return;
    }
    uint8_t *to = p->logs[p->log_now] + p->log_used;
    record r = {whole, (uint16_t)kind, (uint16_t)flags, one, two, at, a, b};
    memcpy(to, &r, sizeof r);
    if (data) memcpy(to + sizeof r, data, (size_t)b);
    p->log_used += whole;
}

/* What was logged since the last call; it stays as it is until the next. */
const uint8_t *plane_take(plane *p, uint32_t *size) {
    const uint8_t *full = p->logs[p->log_now];
    *size = p->log_used;
    p->log_now ^= 1;
    p->log_used = 0;
    p->urgent = p->woken = false;
    return full;
}

/* The same for who does not hold the lock. */
const uint8_t *plane_swap(plane *p, uint32_t *size) {
    plane_lock(p);
    const uint8_t *full = plane_take(p, size);
    plane_unlock(p);
    return full;
}

static void wake(plane *p) {
    if (p->woken || (!p->urgent && log_idle(p))) return;
    uint64_t one = 1;
    p->woken = write(p->wake_fd, &one, sizeof one) == sizeof one;
}

/* --- addresses */

static uint32_t place_of(const plane *p, const address *a) {
    uint64_t words[3] = {0, 0, 0};
    memcpy(words, a->ip, 16);
    words[2] = (uint64_t)a->port << 8 | a->family;
    uint64_t h = p->seed;
    for (int i = 0; i < 3; i++) {
        h = (h ^ words[i]) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return (uint32_t)h & (p->table_size - 1);
}

static bool same(const address *a, const address *b) {
    return a->port == b->port && a->family == b->family && !memcmp(a->ip, b->ip, 16);
}

static resident *seek(const plane *p, const address *a) {
    uint32_t at = place_of(p, a);
    while (p->table[at].of && !same(&p->table[at].from, a)) at = (at + 1) & (p->table_size - 1);
    return &p->table[at];
}

conn *plane_find(const plane *p, const address *from) { return seek(p, from)->of; }

static int grow(plane *p) {
    resident *old = p->table, *fresh = calloc(p->table_size * 2, sizeof *fresh);
    uint32_t count = p->table_size;
    if (!fresh) return -1;
    p->table = fresh, p->table_size *= 2;
    for (uint32_t i = 0; i < count; i++)
        if (old[i].of) *seek(p, &old[i].from) = old[i];
    free(old);
    return 0;
}

int plane_learn(plane *p, int family, const uint8_t *ip, int port, conn *c) {
    address from = {.family = (uint8_t)family, .port = (uint16_t)port};
    memcpy(from.ip, ip, family == 4 ? 4 : 16);
    if (p->table_used * 2 >= p->table_size && grow(p)) return -1;
    resident *to = seek(p, &from);
    if (!to->of) p->table_used++;
    to->of = c, to->from = from;
    return 0;
}

/* Empty one place, and move up who was pushed aside by it. */
static void leave(plane *p, uint32_t at) {
    p->table[at].of = NULL;
    p->table_used--;
    for (at = (at + 1) & (p->table_size - 1); p->table[at].of; at = (at + 1) & (p->table_size - 1)) {
        resident moved = p->table[at];
        p->table[at].of = NULL;
        *seek(p, &moved.from) = moved;
    }
}

/* Who is moved up by the wrap of the table may come to lie behind: so until a round finds nobody. */
void plane_unlearn(plane *p, conn *c) {
    for (bool found = true; found;) {
        found = false;
        for (uint32_t i = 0; i < p->table_size; i++)
            while (p->table[i].of == c) {
                found = true;
                leave(p, i);
            }
    }
}

/* --- sockets */

outgoing *outbox_next(plane *p) {
    if (p->outbox_used == OUTBOX) outbox_flush(p);
    return &p->outbox[p->outbox_used];
}

void outbox_flush(plane *p) {
    struct mmsghdr messages[OUTBOX];
    struct iovec parts[OUTBOX];
    uint32_t count = p->outbox_used, from = 0;
    p->outbox_used = 0;
    for (uint32_t i = 0; i < count; i++) {
        outgoing *o = &p->outbox[i];
        parts[i] = (struct iovec){o->data, o->size};
        messages[i] = (struct mmsghdr){.msg_hdr = {
            .msg_name = &o->to, .msg_namelen = o->to_size, .msg_iov = &parts[i], .msg_iovlen = 1}};
    }
    while (from < count) {
        uint32_t end = from + 1;
        while (end < count && p->outbox[end].fd == p->outbox[from].fd) end++;
        int sent = sendmmsg(p->outbox[from].fd, messages + from, end - from, MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) {
            p->counted.lost++; /* media that waits is worthless */
            sent = 1;
        }
        from += (uint32_t)sent;
    }
}

static bool address_of(address *a, const struct sockaddr_storage *from) {
    memset(a, 0, sizeof *a);
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)from;
        a->family = 4, a->port = ntohs(in->sin_port);
        memcpy(a->ip, &in->sin_addr, 4);
        return true;
    }
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)from;
        a->family = 6, a->port = ntohs(in->sin6_port);
        memcpy(a->ip, &in->sin6_addr, 16);
        return true;
    }
    return false;
}

static void arrived(plane *p, uint32_t wire, uint8_t *data, uint32_t size, const struct sockaddr_storage *sender,
                    int64_t at) {
    address from;
    if (!size || !address_of(&from, sender)) return;
    if (data[0] > 19) {
        conn *c = plane_find(p, &from);
        if (!c) {
            p->counted.unknown_address++;
            return;
        }
        if (data[0] > 127) {
            conn_datagram(p, c, data, size, at);
            return;
        }
        if (data[0] > 63) return;
    }
    if (!log_idle(p)) {
        p->counted.full++;
        return;
    }
    uint8_t whole[16 + MAX_DATAGRAM];
    memcpy(whole, from.ip, 16);
    memcpy(whole + 16, data, size);
    log_put(p, DATAGRAM, from.family, wire, 0, at, from.port, whole, 16 + (int64_t)size);
    p->urgent = true;
}

struct listener {
    struct listener *next;
    plane *of;
    pthread_t thread;
    int fd;
    uint32_t wire;
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_storage from[BATCH];
    uint8_t data[BATCH][MAX_DATAGRAM];
};

static void ready(struct listener *l, int count) {
    for (int i = 0; i < count; i++) {
        l->parts[i] = (struct iovec){l->data[i], MAX_DATAGRAM};
        l->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &l->from[i], .msg_namelen = sizeof l->from[i], .msg_iov = &l->parts[i], .msg_iovlen = 1};
    }
}

/* How long the calling thread wants to run in one go when others wait for the processor (Linux 6.12 and later; others do
 * not mind the question). Who asks for little is let in soon: else a packet waits for as long as Python's turn lasts. */
void plane_turns(uint64_t ns) {
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } turns = {.size = 48, .runtime = ns};
    turns.nice = getpriority(PRIO_PROCESS, 0);
    syscall(SYS_sched_setattr, 0, &turns, 0);
}

static void *listen_to(void *of) {
    plane_turns(TURN_NS);
    struct listener *l = of;
    plane *p = l->of;
    ready(l, BATCH);
    while (!__atomic_load_n(&p->stopping, __ATOMIC_ACQUIRE)) {
        int count = recvmmsg(l->fd, l->messages, BATCH, MSG_WAITFORONE, NULL);
        if (count <= 0) {
            /* An ICMP error of some peer, or the end: nothing to do for either, but never spin. */
            if (count == 0 || (errno != EINTR && errno != EAGAIN)) poll(NULL, 0, 1);
            continue;
        }
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t at = now.tv_sec * 1000000000ll + now.tv_nsec;
        plane_lock(p);
        for (int i = 0; i < count; i++)
            arrived(p, l->wire, l->data[i], l->messages[i].msg_len, &l->from[i], at);
        wake(p);
        plane_unlock(p);
        ready(l, count);
    }
    return NULL;
}

int plane_listen(plane *p, int fd, uint32_t wire) {
    struct listener *l = calloc(1, sizeof *l);
    if (!l) return ENOMEM;
    l->of = p, l->fd = fd, l->wire = wire;
    int failed = pthread_create(&l->thread, NULL, listen_to, l);
    if (failed) {
        free(l);
        return failed;
    }
    l->next = p->listeners;
    p->listeners = l;
    return 0;
}

/* End the threads. Call it without the lock, before the sockets are closed. */
void plane_stop(plane *p) {
    __atomic_store_n(&p->stopping, true, __ATOMIC_RELEASE);
    for (struct listener *l = p->listeners; l; l = l->next) shutdown(l->fd, SHUT_RD); /* wakes who waits there */
    while (p->listeners) {
        struct listener *l = p->listeners;
        p->listeners = l->next;
        pthread_join(l->thread, NULL);
        free(l);
    }
}
