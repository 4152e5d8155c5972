/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/devices.h"

#include <pcap/pcap.h>
#include <string.h>

#include "platform/platform.h"
#include "report/escape.h"

/* What libpcap offers besides interfaces of IP: nothing of SCEP passes there. */
static bool carries_ip(const char *name)
{
    static const char *const others[] = {"bluetooth", "nflog", "nfqueue", "dbus-", "usbmon"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (strncmp(name, others[i], strlen(others[i])) == 0) {
            return false;
        }
    }
    return true;
}

static const char *state(bpf_u_int32 flags)
{
    if ((flags & PCAP_IF_UP) == 0) {
        return "down";
    }
    switch (flags & PCAP_IF_CONNECTION_STATUS) {
    case PCAP_IF_CONNECTION_STATUS_CONNECTED:
        return "up, connected";
    case PCAP_IF_CONNECTION_STATUS_DISCONNECTED:
        return "up, disconnected";
    default:
        return "up";
    }
}

static void print(FILE *out, const pcap_if_t *device)
{
    fprintf(out, "%-16s %s%s", device->name, state(device->flags), (device->flags & PCAP_IF_LOOPBACK) != 0 ? ", loopback" : "");
    for (const pcap_addr_t *a = device->addresses; a != NULL; a = a->next) {
        struct scs_addr addr;
        char text[SCS_ENDPOINT_TEXT];
        if (a->addr != NULL && scs_platform_address(a->addr, &addr)) {
            fprintf(out, ", %s", scs_addr_text(&addr, text));
        }
    }
    if (device->description != NULL) {
        fputs(" (", out);
        scs_escape_terminal(out, device->description, strlen(device->description));
        fputc(')', out);
    }
    fputc('\n', out);
}

bool scs_devices_list(FILE *out, struct scs_error *err)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    pcap_if_t *all;
    if (pcap_findalldevs(&all, text) != 0) {
        return scs_error_set(err, "the interfaces cannot be listed: %s", text);
    }
    for (const pcap_if_t *device = all; device != NULL; device = device->next) {
        if (carries_ip(device->name)) {
            print(out, device);
        }
    }
    pcap_freealldevs(all);
    return true;
}
