// SPDX-License-Identifier: GPL-2.0-only
/* Inspects pinned maps, whichever version created them: their layout number, whether
 * this binary can read them, and whether their sizes match the configuration. */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/internal.h"
#include "scanwall.skel.h"

/* Every layout, past and future, has these fields at these offsets, so any scanwall can
 * read and stop any other (see sw_engine_layout and `panic`). */
_Static_assert(offsetof(struct sw_settings, abi) == 0, "fixed for ever");
_Static_assert(offsetof(struct sw_settings, mode) == 4, "fixed for ever");
_Static_assert(offsetof(struct sw_settings, revert_at) == 8, "fixed for ever");
_Static_assert(offsetof(struct sw_settings, revert_mode) == 16, "fixed for ever");
_Static_assert(offsetof(struct sw_settings, panic) == 20, "fixed for ever");

static int info_of(int fd, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return fd < 0 ? -1 : bpf_obj_get_info_by_fd(fd, info, &size);
}

__u32 sw_engine_layout(const char *pin_dir)
{
	struct bpf_map_info info;
	char path[PATH_BYTES];
	__u32 zero = 0, abi = 0;
	void *value = NULL;
	int fd;

	sw_pin_path(path, pin_dir, sw_map_name(SW_MAP_settings));
	fd = bpf_obj_get(path);
	if (!info_of(fd, &info) && info.value_size >= sizeof(abi))
		value = malloc(info.value_size);
	if (value && !bpf_map_lookup_elem(fd, &zero, value))
		memcpy(&abi, value, sizeof(abi));
	free(value);
	if (fd >= 0)
		close(fd);
	return abi;
}

/* ---- types: the same members at the same places under the same names */

struct types {
	const struct btf *a, *b;
};

static bool same_type(const struct types *t, __u32 a, __u32 b, int depth);

static bool same_members(const struct types *t, const struct btf_type *a, const struct btf_type *b,
			 int depth)
{
	const struct btf_member *m = btf_members(a), *n = btf_members(b);

	if (btf_vlen(a) != btf_vlen(b))
		return false;
	for (int i = 0; i < btf_vlen(a); i++) {
		if (m[i].offset != n[i].offset ||
		    strcmp(btf__name_by_offset(t->a, m[i].name_off),
			   btf__name_by_offset(t->b, n[i].name_off)) != 0 ||
		    !same_type(t, m[i].type, n[i].type, depth))
			return false;
	}
	return true;
}

static const struct btf_type *strip(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_typedef(t) || btf_is_mod(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool same_type(const struct types *t, __u32 a, __u32 b, int depth)
{
	const struct btf_type *x = strip(t->a, a), *y = strip(t->b, b);

	if (!x || !y || depth > 8 || btf_kind(x) != btf_kind(y))
		return false;
	if (btf_is_composite(x))
		return x->size == y->size && same_members(t, x, y, depth + 1);
	if (btf_is_array(x))
		return btf_array(x)->nelems == btf_array(y)->nelems &&
		       same_type(t, btf_array(x)->type, btf_array(y)->type, depth + 1);
	return x->size == y->size;
}

/* Maps of programs and rings have no types. */
static bool same_types(const struct bpf_map_info *old, const struct bpf_object *obj,
		       const struct bpf_map *map)
{
	struct types t = {.b = bpf_object__btf(obj)};
	struct btf *kernel;
	bool same;

	if (!bpf_map__btf_value_type_id(map))
		return true;
	kernel = btf__load_from_kernel_by_id(old->btf_id);
	t.a = kernel;
	same = kernel && t.b &&
	       same_type(&t, old->btf_key_type_id, bpf_map__btf_key_type_id(map), 0) &&
	       same_type(&t, old->btf_value_type_id, bpf_map__btf_value_type_id(map), 0);
	btf__free(kernel);
	return same;
}

/* ---- all maps together */

static int pinned_info(const char *pin_dir, enum sw_map map, struct bpf_map_info *info)
{
	char path[PATH_BYTES];
	int fd, rc;

	sw_pin_path(path, pin_dir, sw_map_name(map));
	fd = bpf_obj_get(path);
	rc = info_of(fd, info);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* *sized: every map also has the size set in obj. */
static bool same_shape(const char *pin_dir, const struct bpf_object *obj, bool *sized)
{
	struct bpf_map_info info;
	struct bpf_map *map;

	*sized = true;
	for (int i = 0; i < SW_MAP_COUNT; i++) {
		map = bpf_object__find_map_by_name(obj, sw_map_name(i));
		if (pinned_info(pin_dir, i, &info) || info.type != bpf_map__type(map) ||
		    info.key_size != bpf_map__key_size(map) ||
		    info.value_size != bpf_map__value_size(map) || !same_types(&info, obj, map))
			return false;
		*sized &= info.max_entries == bpf_map__max_entries(map);
	}
	return true;
}

int sw_engine_pinned(const char *pin_dir, const struct sw_config *c, struct sw_err *e)
{
	__u32 layout = sw_engine_layout(pin_dir);
	struct scanwall_bpf *skel;
	bool shaped, sized;

	if (!layout)
		return SW_PINNED_NONE;
	sw_engine_keep_messages();
	skel = scanwall_bpf__open();
	if (!skel)
		return sw_engine_load_failed(pin_dir, errno, e);
	sw_engine_set_sizes(skel, c);
	shaped = same_shape(pin_dir, skel->obj, &sized);
	scanwall_bpf__destroy(skel);
	if (shaped)
		return sized && layout == SW_ABI_VERSION ? SW_PINNED_FITS : SW_PINNED_SHAPED;
	if (layout == SW_ABI_VERSION)
		return SW_PINNED_NONE; /* a pin was removed */
	return layout == 1 ? SW_PINNED_FIRST : SW_PINNED_FOREIGN;
}
