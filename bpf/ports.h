/* SPDX-License-Identifier: GPL-2.0-only */
/* What the port tells about the sender. Ports in host order. */
#ifndef PORTS_H
#define PORTS_H

#include <stdbool.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

/* Favourites of scanners; no client tries them by mistake. */
static __always_inline bool is_trap(__u16 port)
{
	switch (port) {
	case 23:    /* telnet */
	case 135:   /* MS RPC */
	case 445:   /* SMB; its clients also try 139 at once, so 139 is not listed */
	case 1433:  /* MS SQL */
	case 2323:  /* telnet of cameras */
	case 2375:  /* Docker */
	case 3389:  /* RDP */
	case 5555:  /* ADB */
	case 5900:  /* VNC */
	case 6379:  /* Redis */
	case 7547:  /* TR-069 */
	case 11211: /* memcached */
	case 27017: /* MongoDB */
		return true;
	}
	return false;
}

/* Tried by browsers and scripts with an outdated address. */
static __always_inline bool is_common(__u16 port)
{
	return port == 80 || port == 443 || port == 8080 || port == 8443;
}

#define RTP_LOWEST 10000 /* of what telephone systems use by default */

/* Ports that one legitimate program tries in sequence or in parallel count as one: the
 * first of each row. Mail account setup is the worst case (RFC 6186, Mozilla's
 * autoconfig). A global function, so it is verified once. */
__noinline __u32 port_family(__u32 port, bool udp)
{
	switch (port) {
	case 110: /* POP3 */
	case 143: /* IMAP */
	case 465:
	case 587:
	case 993:
	case 995:
	case 2525:
	case 4190: /* ManageSieve */
		return 25;
	case 20:
	case 989:
	case 990:
		return 21; /* FTP */
	case 2222:
		return 22; /* SSH */
	case 853:
	case 5353:
		return 53; /* DNS */
	case 464:
	case 389:
	case 636:
	case 3268:
	case 3269:
		return 88; /* Kerberos, LDAP: one login to a directory */
	case 137:
	case 138:
	case 139:
		return 445; /* SMB, NetBIOS */
	case 4500:
	case 1194:
	case 1701:
	case 1723:
	case 51820:
		return 500; /* IKE, OpenVPN, L2TP, PPTP, WireGuard: a VPN client's choices */
	case 554:
	case 1935:
	case 8554:
		return 322; /* RTSP, RTMP */
	case 3479:
	case 5349:
	case 5350:
		return 3478; /* STUN, TURN */
	case 5061:
		return 5060; /* SIP */
	case 5223:
	case 5269:
	case 5270:
	case 5280:
	case 5281:
		return 5222; /* XMPP */
	case 6665:
	case 6666:
	case 6668:
	case 6669:
	case 6697:
	case 7000:
		return 6667; /* IRC */
	case 515:
	case 9100:
		return 631; /* printing */
	case 443:
	case 8000:
	case 8008:
	case 8080:
	case 8081:
	case 8443:
	case 8800:
	case 8843:
	case 8888:
	case 9443:
		return 80; /* the web, CalDAV, CardDAV, panels */
	case 8883:
		return 1883; /* MQTT */
	}
	if (udp && port >= RTP_LOWEST)
		return port & ~1u; /* RTP, and RTCP at the next one (RFC 3550 11) */
	return port >= 6881 && port <= 6889 ? 6881 : port; /* BitTorrent */
}

#endif
