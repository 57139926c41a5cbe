/* SPDX-License-Identifier: GPL-2.0-only */
/* Does a request ask for a file, or for a page about one? Code hosts, file shares and
 * wikis show and accept files of any name. */
#ifndef SERVED_H
#define SERVED_H

#include "body.h"

#define PATH_MOST 1536 /* bytes of a URI: all that fit */

static __always_inline bool begins_with(__u64 w, const char *text, __u32 length)
{
	__u64 word = 0, mask = length < 8 ? (1ull << 8 * length) - 1 : ~0ull;

	__builtin_memcpy(&word, text, length);
	return (w & mask) == word;
}

#define BEGINS_WITH(w, text) begins_with(w, text, sizeof(text) - 1)

/* Path segments that are followed by somebody's file name: GitHub, GitLab, Gitea,
 * Bitbucket, cgit, hgweb, Gitiles, ViewVC, Trac; Nextcloud, Seafile, WebDAV; wikis. */
static __always_inline bool is_view(__u64 w)
{
	return BEGINS_WITH(w, "/blob/") || BEGINS_WITH(w, "/raw/") || BEGINS_WITH(w, "/src/") ||
	       BEGINS_WITH(w, "/-/") || BEGINS_WITH(w, "/+/") || BEGINS_WITH(w, "/tree/") ||
	       BEGINS_WITH(w, "/blame/") || BEGINS_WITH(w, "/commit/") ||
	       BEGINS_WITH(w, "/commits") || BEGINS_WITH(w, "/edit/") ||
	       BEGINS_WITH(w, "/_edit/") || BEGINS_WITH(w, "/_upload") ||
	       BEGINS_WITH(w, "/plain/") || BEGINS_WITH(w, "/browse") || BEGINS_WITH(w, "/file/") ||
	       BEGINS_WITH(w, "/raw-file") || BEGINS_WITH(w, "/content") ||
	       BEGINS_WITH(w, "/source/") || BEGINS_WITH(w, "/history") ||
	       BEGINS_WITH(w, "/compare") || BEGINS_WITH(w, "/diff/") ||
	       BEGINS_WITH(w, "/viewvc/") || BEGINS_WITH(w, "/media/b") ||
	       BEGINS_WITH(w, "/remote.") || BEGINS_WITH(w, "/webdav/") ||
	       BEGINS_WITH(w, "/dav/") || BEGINS_WITH(w, "/wiki/") || BEGINS_WITH(w, "/search/") ||
	       BEGINS_WITH(w, "/resourc");
}

static long find_view(__u64 i, void *ctx)
{
	struct scratch *s = *(struct scratch **)ctx;
	__u32 at = s->in;
	__u8 b = byte_at(s, at);

	(void)i;
	if (at >= s->in_end)
		return 1;
	s->in++;
	s->line = b == '?' || (b == '/' && is_view(load8(s, at)));
	return s->line;
}

/* By a method that fetches, and in the path: what follows a question mark may be a
 * search term. The file name begins with the rule's first content. */
__noinline int asks_for_file(void)
{
	struct scratch *s = scratch();
	struct span uri;
	__u32 method;
	__u8 b;

	if (!s)
		return 0;
	uri = s->span[SW_BUFFER_URI];
	method = s->span[SW_BUFFER_METHOD].from;
	b = byte_at(s, method);
	if (method && b != 'G' && b != 'H' && (b != 'P' || byte_at(s, method + 1) != 'O'))
		return 0;
	s->in = uri.from;
	s->in_end = s->at >= uri.from && s->at < uri.to ? s->at : uri.to;
	s->line = 0;
	bpf_loop(PATH_MOST, find_view, &s, 0);
	return !s->line;
}

#endif
