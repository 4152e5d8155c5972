/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/live.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "platform/platform.h"
#include "scepscope/limits.h"

/* libpcap's own 2 MiB overflow in bursts; all of it is resident (docs/performance.md). */
#define BUFFER_MIB 16u
/*
 * How long the kernel may hold packets back to hand them over together; never immediate mode, which costs ten times as much.
 * Linux looks at its timer of a block twice before it gives the block away, so it may be twice as long.
 */
#define BLOCK_MS     50
#define BLOCK_MAX_MS (2 * BLOCK_MS + 20)
/* Between two attempts to open an interface that went away. */
#define RETRY_MS 2000u
/* Between two looks at whether the interfaces are up: libpcap waits in silence for one that is not. */
#define LOOK_MS 500u
/* A packet of one interface may be given away so much later than one of another that passed at the same time. */
#define HOLD_MS BLOCK_MAX_MS
/* The steps in which one is held. */
#define HELD_WAIT_MS 20

#define MAX_SENTENCE 320u

struct device {
    const char *name;
    pcap_t *handle; /* NULL: it is not there now */
    int fd;         /* -1: none to wait on */
    uint16_t link_type;
    bool nanoseconds;
    uint32_t seen_dropped, seen_if_dropped; /* as the handle said last: 32 bits, counted on for ever */
    uint64_t packets, bytes, dropped, retry_ms;
    const char *problems[SCS_MAX_PROBLEMS];
    uint32_t num_problems;
    bool incomplete, down;
    /* Of several interfaces: the next packet, which libpcap keeps until it is asked for another. header NULL: none. */
    struct pcap_pkthdr *header;
    const u_char *data;
    bool dry; /* there was none when it was asked last */
};

struct scs_live {
    struct scs_arena *arena;
    struct scs_live_options options;
    struct device *devices;
    uint32_t num;
    uint8_t *bytes; /* of the packets handed out last */
    uint64_t frames, cut_packets;
    int64_t first_ns, last_ns;
    uint64_t looked_ms; /* whether all are up */
    bool ending;
};

/* ---- one interface ------------------------------------------------------------------------------- */

static uint32_t snap_len(const struct scs_live *l)
{
    return l->options.snap_len != 0 ? l->options.snap_len : SCS_MAX_PACKET;
}

static bool explain(const char *name, int status, pcap_t *handle, struct scs_error *err)
{
    const char *detail = pcap_geterr(handle);
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return scs_error_set(err, "there is no interface %s to capture on; scepscope -D lists them", name);
    case PCAP_ERROR_PERM_DENIED:
        return scs_error_set(err,
                             "no permission to capture on %s; run with sudo, or allow it once and for all: "
                             "sudo setcap cap_net_raw,cap_net_admin=ep \"$(command -v scepscope)\"",
                             name);
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return scs_error_set(err, "no permission to put %s into promiscuous mode; leave it with -p, or run with sudo", name);
    case PCAP_ERROR_IFACE_NOT_UP:
        return scs_error_set(err, "the interface %s is down; bring it up: sudo ip link set %s up", name, name);
    default:
        return scs_error_set(err, "capturing on %s failed: %s%s%s", name, pcap_statustostr(status), *detail != '\0' ? ": " : "",
                             detail);
    }
}

/* The default filter also behind a VLAN tag, and all behind two, where the link type has such. */
static bool set_filter(const struct scs_live *l, const struct device *d, struct scs_error *err)
{
    static const char *const defaults[] = {SCS_LIVE_FILTER " or (vlan and (" SCS_LIVE_FILTER " or vlan))", SCS_LIVE_FILTER};
    const char *const given[] = {l->options.filter};
    const char *const *expressions = l->options.filter != NULL ? given : defaults;
    size_t num = l->options.filter != NULL ? 1 : sizeof defaults / sizeof *defaults;
    struct bpf_program program;
    for (size_t i = 0; i < num; i++) {
        if (pcap_compile(d->handle, &program, expressions[i], 1, PCAP_NETMASK_UNKNOWN) == 0) {
            bool set = pcap_setfilter(d->handle, &program) == 0;
            pcap_freecode(&program);
            return set || scs_error_set(err, "the capture filter cannot be set on %s: %s", d->name, pcap_geterr(d->handle));
        }
    }
    return scs_error_set(err, "the capture filter '%s' is not understood on %s: %s", expressions[num - 1], d->name,
                         pcap_geterr(d->handle));
}

static bool activate(const struct scs_live *l, struct device *d, struct scs_error *err)
{
    const struct scs_live_options *o = &l->options;
    char text[PCAP_ERRBUF_SIZE] = "";
    pcap_set_snaplen(d->handle, (int)snap_len(l));
    pcap_set_promisc(d->handle, !o->no_promiscuous);
    pcap_set_timeout(d->handle, BLOCK_MS);
    pcap_set_buffer_size(d->handle, (int)((o->buffer_mib != 0 ? o->buffer_mib : BUFFER_MIB) * 1024u * 1024u));
    pcap_set_tstamp_precision(d->handle, PCAP_TSTAMP_PRECISION_NANO); /* else microseconds */
    int status = pcap_activate(d->handle); /* above 0: a warning, as that "any" cannot be promiscuous */
    if (status < 0) {
        return explain(d->name, status, d->handle, err);
    }
    if (pcap_setnonblock(d->handle, 1, text) != 0) {
        return scs_error_set(err, "capturing on %s failed: %s", d->name, text);
    }
    d->nanoseconds = pcap_get_tstamp_precision(d->handle) == PCAP_TSTAMP_PRECISION_NANO;
    d->link_type = (uint16_t)pcap_datalink(d->handle);
    d->fd = pcap_get_selectable_fd(d->handle);
    d->seen_dropped = d->seen_if_dropped = 0;
    return set_filter(l, d, err);
}

static void shut(struct device *d)
{
    if (d->handle != NULL) {
        pcap_close(d->handle);
        d->handle = NULL;
        d->header = NULL;
    }
}

static bool open_device(const struct scs_live *l, struct device *d, struct scs_error *err)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    d->handle = pcap_create(d->name, text);
    if (d->handle == NULL) {
        return scs_error_set(err, "capturing on %s failed: %s", d->name, text);
    }
    bool ok = activate(l, d, err);
    if (!ok) {
        shut(d);
    }
    return ok;
}

/* The counters of a handle begin at 0, count on for ever, and overflow. */
static void count_drops(struct device *d)
{
    struct pcap_stat s;
    if (d->handle != NULL && pcap_stats(d->handle, &s) == 0) {
        d->dropped += (uint32_t)(s.ps_drop - d->seen_dropped);
        d->dropped += (uint32_t)(s.ps_ifdrop - d->seen_if_dropped);
        d->seen_dropped = s.ps_drop;
        d->seen_if_dropped = s.ps_ifdrop;
    }
}

/* ---- coming and going ---------------------------------------------------------------------------- */

static void say(const struct scs_live *l, const char *fmt, ...) SCS_PRINTF(2, 3);

static void say(const struct scs_live *l, const char *fmt, ...)
{
    char text[MAX_SENTENCE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (l->options.hooks.said != NULL) {
        l->options.hooks.said(l->options.hooks.ctx, text);
    }
}

/* "the interface went away after 12 packets": what passed since is not in the capture. */
static void note_gap(struct scs_live *l, struct device *d, const char *what)
{
    d->incomplete = true;
    if (d->num_problems < SCS_MAX_PROBLEMS) {
        d->problems[d->num_problems++] =
            scs_arena_printf(l->arena, "the interface %s after %llu packets", what, (unsigned long long)d->packets);
    }
}

static void went_away(struct scs_live *l, struct device *d)
{
    count_drops(d);
    say(l, "%s went away (%s); %s", d->name, pcap_geterr(d->handle),
        l->options.never_again ? "the right to open it again was given up with -Z" : "capturing goes on when it is back");
    note_gap(l, d, "went away");
    shut(d);
    d->down = false;
    d->retry_ms = scs_platform_now_ms() + RETRY_MS;
}

static void look_whether_up(struct scs_live *l)
{
    uint64_t now_ms = scs_platform_now_ms();
    if (now_ms - l->looked_ms < LOOK_MS) {
        return;
    }
    l->looked_ms = now_ms;
    for (uint32_t i = 0; i < l->num; i++) {
        struct device *d = &l->devices[i];
        bool down = d->handle != NULL && scs_platform_interface_down(d->name);
        if (down && !d->down) {
            say(l, "%s is down; capturing goes on when it is up", d->name);
            note_gap(l, d, "went down");
        } else if (!down && d->down && d->handle != NULL) {
            say(l, "%s is up again", d->name);
        }
        d->down = down;
    }
}

static void look_for(struct scs_live *l, struct device *d)
{
    struct scs_error err;
    uint64_t now = scs_platform_now_ms();
    if (d->handle == NULL && now >= d->retry_ms && !l->options.never_again) {
        d->retry_ms = now + RETRY_MS;
        if (open_device(l, d, &err)) {
            say(l, "%s is back", d->name);
        }
    }
}

struct scs_live *scs_live_open(struct scs_arena *arena, const struct scs_live_options *options, struct scs_error *err)
{
    struct scs_live *l = scs_xcalloc(1, sizeof *l);
    l->arena = arena;
    l->options = *options;
    l->devices = scs_xcalloc(options->num_interfaces, sizeof *l->devices);
    l->num = options->num_interfaces;
    /* As large as the largest packets; only what is written to becomes resident. */
    l->bytes = scs_xmalloc((size_t)SCS_BATCH * snap_len(l));
    l->first_ns = l->last_ns = SCS_NO_TIME;
    for (uint32_t i = 0; i < l->num; i++) {
        l->devices[i].name = scs_arena_strdup(arena, options->interfaces[i]);
        if (!open_device(l, &l->devices[i], err)) {
            scs_live_free(l);
            return NULL;
        }
    }
    return l;
}

void scs_live_stop(struct scs_live *l)
{
    for (uint32_t i = 0; i < l->num; i++) {
        count_drops(&l->devices[i]);
        shut(&l->devices[i]);
    }
}

void scs_live_free(struct scs_live *l)
{
    if (l != NULL) {
        scs_live_stop(l);
        free(l->devices);
        free(l->bytes);
        free(l);
    }
}

/* ---- packets ------------------------------------------------------------------------------------- */

/* Where libpcap's callback puts the packets: its own memory is not ours once it has returned. */
struct taking {
    struct scs_live *live;
    struct device *device;
    struct scs_packet *out;
    size_t num, used;
};

static int64_t time_of(const struct device *d, const struct pcap_pkthdr *header)
{
    return (int64_t)header->ts.tv_sec * 1000000000 + (int64_t)header->ts.tv_usec * (d->nanoseconds ? 1 : 1000);
}

static void take(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct taking *t = (struct taking *)(void *)user;
    struct scs_live *l = t->live;
    struct device *d = t->device;
    uint32_t len = header->caplen < snap_len(l) ? header->caplen : snap_len(l);
    uint16_t index = (uint16_t)(d - l->devices);
    memcpy(l->bytes + t->used, data, len);
    t->out[t->num++] = (struct scs_packet){.frame = SCS_FRAME(index, ++l->frames),
                                           .ts_ns = time_of(d, header),
                                           .data = l->bytes + t->used,
                                           .cap_len = len,
                                           .wire_len = header->len,
                                           .link_type = d->link_type,
                                           .interface = index};
    t->used += len;
    d->packets++;
    d->bytes += len;
}

static size_t take_from(struct scs_live *l, struct device *d, struct scs_packet *out, size_t max)
{
    struct taking t = {.live = l, .device = d, .out = out};
    if (pcap_dispatch(d->handle, (int)max, take, (u_char *)&t) < 0) {
        went_away(l, d);
    }
    return t.num;
}

static void account(struct scs_live *l, const struct scs_packet *packets, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        const struct scs_packet *p = &packets[i];
        l->cut_packets += p->cap_len < p->wire_len;
        l->first_ns = l->first_ns == SCS_NO_TIME || p->ts_ns < l->first_ns ? p->ts_ns : l->first_ns;
        l->last_ns = p->ts_ns > l->last_ns ? p->ts_ns : l->last_ns;
    }
}

/* ---- several interfaces ----------------------------------------------------------------------------- */

/* Asks for the next packet; the rest waits where the kernel put it. */
static bool has_packet(struct scs_live *l, struct device *d)
{
    if (d->header != NULL) {
        return true;
    }
    look_for(l, d);
    if (d->handle == NULL || d->dry) {
        return false;
    }
    int got = pcap_next_ex(d->handle, &d->header, &d->data);
    d->dry = got != 1;
    if (got != 1) {
        d->header = NULL;
    }
    if (got < 0) {
        went_away(l, d);
    }
    return d->header != NULL;
}

/*
 * The interface whose next packet is the earliest of all. Where another has none to show, it is the earliest for certain only
 * once what passed there before it must have become visible. A packet from the future has another clock: it is not kept.
 */
static struct device *earliest(struct scs_live *l, int64_t now_ns)
{
    struct device *first = NULL;
    bool all = true;
    for (uint32_t i = 0; i < l->num; i++) {
        struct device *d = &l->devices[i];
        if (!has_packet(l, d)) {
            all = all && d->handle == NULL;
        } else if (first == NULL || time_of(d, d->header) < time_of(first, first->header)) {
            first = d;
        }
    }
    int64_t ts_ns = first != NULL ? time_of(first, first->header) : 0;
    bool certain = all || l->ending || ts_ns > now_ns || ts_ns <= now_ns - HOLD_MS * INT64_C(1000000);
    return certain ? first : NULL;
}

/* What is there now of all interfaces, in order of time. */
static size_t take_by_time(struct scs_live *l, struct scs_packet *out, size_t max)
{
    struct taking t = {.live = l, .out = out};
    int64_t now_ns = scs_platform_clock_ns(); /* before they are asked */
    for (uint32_t i = 0; i < l->num; i++) {
        l->devices[i].dry = false;
    }
    while (t.num < max && (t.device = earliest(l, now_ns)) != NULL) {
        take((u_char *)&t, t.device->header, t.device->data);
        t.device->header = NULL;
    }
    return t.num;
}

/* ---- their turn -------------------------------------------------------------------------------------- */

static size_t take_present(struct scs_live *l, struct scs_packet *out, size_t max)
{
    size_t num = 0;
    if (l->num > 1) {
        num = take_by_time(l, out, max);
    } else {
        look_for(l, &l->devices[0]);
        num = l->devices[0].handle != NULL ? take_from(l, &l->devices[0], out, max) : 0;
    }
    account(l, out, num);
    return num;
}

/* An interface whose packet is held back has more: it is not waited for, but only as long as the packet is held. */
static void await(const struct scs_live *l)
{
    int fds[SCS_MAX_LIVE_INTERFACES], ms = SCS_LIVE_WAIT_MS;
    size_t num = 0;
    for (uint32_t i = 0; i < l->num; i++) {
        const struct device *d = &l->devices[i];
        if (d->header != NULL) {
            ms = HELD_WAIT_MS;
        } else if (d->handle != NULL && d->fd >= 0) {
            fds[num++] = d->fd;
        }
    }
    scs_platform_await(fds, num, ms);
}

size_t scs_live_next(struct scs_live *l, struct scs_packet *out, size_t max)
{
    size_t most = max < SCS_BATCH ? max : SCS_BATCH;
    size_t num = take_present(l, out, most);
    if (num == 0 && !l->ending) {
        look_whether_up(l);
        await(l);
        num = take_present(l, out, most);
    }
    return num;
}

uint64_t scs_live_lag_ms(const struct scs_live *l)
{
    return BLOCK_MAX_MS + (l->num > 1 ? HOLD_MS + HELD_WAIT_MS : 0);
}

void scs_live_end(struct scs_live *l)
{
    l->ending = true;
}

bool scs_live_over(const struct scs_live *l)
{
    bool over = l->options.never_again;
    for (uint32_t i = 0; i < l->num; i++) {
        over = over && l->devices[i].handle == NULL;
    }
    return over;
}

/* ---- what is told -------------------------------------------------------------------------------- */

void scs_live_count(struct scs_live *l, struct scs_live_counters *out)
{
    out->packets = l->frames;
    out->dropped = 0;
    out->interfaces = l->num;
    out->present = 0;
    for (uint32_t i = 0; i < l->num; i++) {
        count_drops(&l->devices[i]);
        out->dropped += l->devices[i].dropped;
        out->present += l->devices[i].handle != NULL;
    }
}

void scs_live_describe(struct scs_live *l, struct scs_arena *arena, struct scs_capture_facts *out)
{
    struct scs_capture_file *files = SCS_ARENA_ARRAY(arena, l->num, struct scs_capture_file);
    struct scs_interface *interfaces = SCS_ARENA_ARRAY(arena, l->num, struct scs_interface);
    out->packets = out->bytes = out->dropped = 0;
    for (uint32_t i = 0; i < l->num; i++) {
        struct device *d = &l->devices[i];
        files[i] = (struct scs_capture_file){.path = d->name,
                                             .format = "live",
                                             .packets = d->packets,
                                             .bytes = d->bytes,
                                             .dropped = d->dropped,
                                             .has_drop_count = true,
                                             .complete = !d->incomplete,
                                             .problems = scs_arena_dup(arena, d->problems, d->num_problems * sizeof *d->problems),
                                             .num_problems = d->num_problems};
        interfaces[i] = (struct scs_interface){
            .name = d->name, .link_type = d->link_type, .snap_len = snap_len(l), .file = (uint16_t)i, .packets = d->packets};
        out->packets += d->packets;
        out->bytes += d->bytes;
        out->dropped += d->dropped;
    }
    out->has_drop_count = true;
    out->files = files;
    out->num_files = out->num_interfaces = l->num;
    out->interfaces = interfaces;
    out->first_ns = l->first_ns;
    out->last_ns = l->last_ns;
    out->cut_packets = l->cut_packets;
}
