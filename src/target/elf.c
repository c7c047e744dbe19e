#include "target/elf.h"

#include "base/buf.h"

#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define SEGMENTS 128
#define ENTRIES 4096

/* A file's bytes; every offset in it is checked before it is followed. */
struct image {
	const struct elf_file *f;
	bool wide;
};

struct segment {
	uint32_t type;
	uint64_t offset, vaddr, size;
};

struct tables {
	uint64_t strings, strings_size; /* as addresses, then as offsets */
	uint64_t runpath, soname;
	struct elf_tables versions; /* likewise */
	bool has_runpath, has_soname;
};

static bool fetch(const struct image *im, uint64_t at, void *dst, size_t n)
{
	if (!elf_want(im->f, at, n))
		return false;
	memcpy(dst, im->f->p + at, n);
	return true;
}

static bool header(const struct image *im, Elf64_Ehdr *h)
{
	Elf32_Ehdr n;

	if (im->wide)
		return fetch(im, 0, h, sizeof *h);
	if (!fetch(im, 0, &n, sizeof n))
		return false;
	h->e_type = n.e_type;
	h->e_machine = n.e_machine;
	h->e_phoff = n.e_phoff;
	h->e_phnum = n.e_phnum;
	h->e_phentsize = n.e_phentsize;
	return true;
}

static bool segment(const struct image *im, uint64_t at, struct segment *s)
{
	if (im->wide) {
		Elf64_Phdr w;

		if (!fetch(im, at, &w, sizeof w))
			return false;
		*s = (struct segment){w.p_type, w.p_offset, w.p_vaddr, w.p_filesz};
	} else {
		Elf32_Phdr n;

		if (!fetch(im, at, &n, sizeof n))
			return false;
		*s = (struct segment){n.p_type, n.p_offset, n.p_vaddr, n.p_filesz};
	}
	return true;
}

static bool entry(const struct image *im, uint64_t at, Elf64_Dyn *d)
{
	Elf32_Dyn n;

	if (im->wide)
		return fetch(im, at, d, sizeof *d);
	if (!fetch(im, at, &n, sizeof n))
		return false;
	d->d_tag = n.d_tag;
	d->d_un.d_val = n.d_un.d_val;
	return true;
}

/* Copy the string at offset, which must end before limit and fit. */
static bool text(const struct image *im, uint64_t at, uint64_t limit, struct buf *to)
{
	const char *s = elf_string(im->f, at, limit);

	if (!s || strlen(s) >= to->cap)
		return false;
	buf_adds(to, s);
	return true;
}

static bool string(const struct image *im, const struct tables *t, uint64_t at, struct buf *to)
{
	uint64_t end = t->strings + t->strings_size;

	if (end < t->strings || at >= t->strings_size)
		return false;
	return text(im, t->strings + at, end, to);
}

static void note_entry(struct tables *t, int64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_STRTAB:
		t->strings = value;
		break;
	case DT_STRSZ:
		t->strings_size = value;
		break;
	case DT_SONAME:
		t->soname = value;
		t->has_soname = true;
		break;
	case DT_RPATH: /* DT_RUNPATH wins */
		if (t->has_runpath)
			break;
		__attribute__((fallthrough));
	case DT_RUNPATH:
		t->runpath = value;
		t->has_runpath = true;
		break;
	case DT_VERNEED:
		t->versions.wanted = value;
		break;
	case DT_VERNEEDNUM:
		t->versions.nwanted = value;
		break;
	case DT_VERDEF:
		t->versions.defined = value;
		break;
	case DT_VERDEFNUM:
		t->versions.ndefined = value;
		break;
	}
}

/* One pass over the dynamic section: where the strings are. */
static bool scan(const struct image *im, const struct segment *dyn, struct tables *t)
{
	size_t step = im->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	Elf64_Dyn d;

	for (unsigned i = 0; i < ENTRIES && (i + 1) * step <= dyn->size; i++) {
		if (!entry(im, dyn->offset + i * step, &d))
			return false;
		if (d.d_tag == DT_NULL)
			return true;
		note_entry(t, d.d_tag, d.d_un.d_val);
	}
	return true;
}

static bool needed(const struct image *im, const struct segment *dyn, const struct tables *t,
		   struct elf_info *e)
{
	size_t step = im->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	Elf64_Dyn d;

	for (unsigned i = 0; i < ENTRIES && (i + 1) * step <= dyn->size; i++) {
		struct buf to = {.cap = sizeof e->needed[0]};

		if (!entry(im, dyn->offset + i * step, &d) || d.d_tag == DT_NULL)
			break;
		if (d.d_tag != DT_NEEDED || e->nneeded == ELF_NEEDED)
			continue;
		to.p = e->needed[e->nneeded];
		if (!string(im, t, d.d_un.d_val, &to))
			return false;
		e->nneeded++;
	}
	return true;
}

/* Address to file offset, by the segment that loads it. */
static bool place(const struct image *im, const Elf64_Ehdr *h, uint64_t *address)
{
	struct segment s;

	for (unsigned i = 0; i < h->e_phnum; i++) {
		if (!segment(im, h->e_phoff + (uint64_t)i * h->e_phentsize, &s))
			return false;
		if (s.type == PT_LOAD && *address >= s.vaddr && *address - s.vaddr < s.size) {
			*address = *address - s.vaddr + s.offset;
			return true;
		}
	}
	return false;
}

static bool dynamic(const struct image *im, const Elf64_Ehdr *h, const struct segment *dyn,
		    struct elf_info *e)
{
	struct tables t = {0};
	struct buf soname = BUF_OF(e->soname), runpath = BUF_OF(e->runpath);

	if (!scan(im, dyn, &t))
		return false;
	if (!t.strings || !place(im, h, &t.strings))
		return false;
	if ((t.versions.wanted && !place(im, h, &t.versions.wanted)) ||
	    (t.versions.defined && !place(im, h, &t.versions.defined)))
		return false;
	e->versions = t.versions;
	e->versions.strings = t.strings;
	e->versions.strings_size = t.strings_size;
	return (!t.has_soname || string(im, &t, t.soname, &soname)) &&
	       (!t.has_runpath || string(im, &t, t.runpath, &runpath)) && needed(im, dyn, &t, e);
}

static bool segments(const struct image *im, const Elf64_Ehdr *h, struct elf_info *e)
{
	size_t least = im->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	struct buf interp = BUF_OF(e->interp);
	struct segment s;

	if (h->e_phnum > SEGMENTS || (h->e_phnum && h->e_phentsize < least) ||
	    h->e_phoff > im->f->len)
		return false;
	for (unsigned i = 0; i < h->e_phnum; i++) {
		if (!segment(im, h->e_phoff + (uint64_t)i * h->e_phentsize, &s))
			return false;
		if (s.type != PT_INTERP && s.type != PT_DYNAMIC && s.type != PT_LOAD)
			continue; /* what is loaded must be there: a copy cut short is damaged */
		if (s.offset > im->f->len || s.size > im->f->len - s.offset)
			return false;
		if (s.type == PT_INTERP && !interp.len &&
		    !text(im, s.offset, s.offset + s.size, &interp))
			return false;
		if (s.type == PT_DYNAMIC && !e->nneeded && !dynamic(im, h, &s, e))
			return false;
	}
	return true;
}

int elf_file_parse(const struct elf_file *f, struct elf_info *e)
{
	const unsigned char *p = f->p;
	struct image im = {.f = f};
	Elf64_Ehdr h;
	int native = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

	memset(e, 0, sizeof *e);
	if (!elf_want(f, 0, EI_NIDENT) || memcmp(p, ELFMAG, SELFMAG) || p[EI_DATA] != native ||
	    (p[EI_CLASS] != ELFCLASS32 && p[EI_CLASS] != ELFCLASS64)) {
		errno = ENOEXEC;
		return -1;
	}
	im.wide = p[EI_CLASS] == ELFCLASS64;
	memset(&h, 0, sizeof h);
	if (!header(&im, &h) || !segments(&im, &h, e)) {
		errno = EINVAL;
		return -1;
	}
	e->bits = im.wide ? 64 : 32;
	e->machine = h.e_machine;
	e->type = h.e_type;
	return 0;
}

int elf_parse(const void *data, size_t len, struct elf_info *e)
{
	return elf_file_parse(&(struct elf_file){.p = (unsigned char *)data, .len = len}, e);
}
