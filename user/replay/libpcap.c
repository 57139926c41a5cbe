// SPDX-License-Identifier: GPL-2.0-only
/* Stubs of the libpcap functions in use, loaded late (base/late.h). */
#include <pcap/pcap.h>
#include "base/late.h"

static struct sw_late library = {.file = "libpcap.so.0.8"};

SW_LATE(library, pcap_t *, pcap_open_offline_with_tstamp_precision,
	(const char *file, u_int precision, char *why), (file, precision, why))
SW_LATE(library, void, pcap_close, (pcap_t * p), (p))
SW_LATE(library, int, pcap_datalink, (pcap_t * p), (p))
SW_LATE(library, const char *, pcap_datalink_val_to_name, (int link), (link))
SW_LATE(library, const char *, pcap_datalink_val_to_description, (int link), (link))
SW_LATE(library, int, pcap_next_ex, (pcap_t * p, struct pcap_pkthdr **head, const u_char **data),
	(p, head, data))
SW_LATE(library, char *, pcap_geterr, (pcap_t * p), (p))
