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

static void note_entry(struct elf_tables *t, int64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_STRTAB:
		t->strings = value;
		break;
	case DT_STRSZ:
		t->strings_size = value;
		break;
	case DT_VERNEED:
		t->wanted = value;
		break;
	case DT_VERNEEDNUM:
		t->nwanted = value;
		break;
	case DT_VERDEF:
		t->defined = value;
		break;
	case DT_VERDEFNUM:
		t->ndefined = value;
		break;
	}
}

/* One pass over the dynamic section: where the strings and versions are. */
static bool scan(const struct image *im, struct elf_tables *t)
{
	size_t step = im->wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	Elf64_Dyn d;

	for (unsigned i = 0; i < ENTRIES && (i + 1) * step <= t->dynamic_size; i++) {
		if (!entry(im, t->dynamic + i * step, &d))
			return false;
		if (d.d_tag == DT_NULL)
			return true;
		note_entry(t, d.d_tag, d.d_un.d_val);
	}
	return true;
}

static const char *string(const struct image *im, const struct elf_tables *t, uint64_t at)
{
	uint64_t end = t->strings + t->strings_size;

	if (end < t->strings || at >= t->strings_size)
		return NULL;
	return elf_string(im->f, t->strings + at, end);
}

static bool is_text(int64_t tag)
{
	return tag == DT_NEEDED || tag == DT_SONAME || tag == DT_RPATH || tag == DT_RUNPATH;
}

int elf_file_texts(const struct elf_file *f, const struct elf_info *e,
		   const struct elf_text_sink *sink)
{
	const struct elf_tables *t = &e->tables;
	struct image im = {f, e->bits == 64};
	size_t step = im.wide ? sizeof(Elf64_Dyn) : sizeof(Elf32_Dyn);
	int rc = 0;
	Elf64_Dyn d;

	for (unsigned i = 0; !rc && i < ENTRIES && (i + 1) * step <= t->dynamic_size; i++) {
		const char *s;

		if (!entry(&im, t->dynamic + i * step, &d) || d.d_tag == DT_NULL)
			break;
		if (!is_text(d.d_tag))
			continue;
		s = string(&im, t, d.d_un.d_val);
		errno = EINVAL;
		rc = s ? sink->fn(sink->arg, (int)d.d_tag, s) : -1;
	}
	return rc;
}

/* A text too long for its place is as good as none: who needs them all asks elf_file_texts. */
static bool keep(char *to, size_t cap, const char *s)
{
	if (str_copy(to, cap, s))
		return true;
	*to = '\0';
	return false;
}

static int note_text(void *arg, int tag, const char *s)
{
	struct elf_info *e = arg;

	if (tag == DT_NEEDED)
		e->nneeded +=
		    e->nneeded < ELF_NEEDED && keep(e->needed[e->nneeded], sizeof e->needed[0], s);
	return 0;
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
	struct elf_tables *t = &e->tables;

	*t = (struct elf_tables){.dynamic = dyn->offset, .dynamic_size = dyn->size};
	return scan(im, t) && t->strings && place(im, h, &t->strings) &&
	       (!t->wanted || place(im, h, &t->wanted)) &&
	       (!t->defined || place(im, h, &t->defined)) &&
	       !elf_file_texts(im->f, e, &(struct elf_text_sink){note_text, e});
}

static bool interpreter(const struct image *im, const struct segment *s, struct elf_info *e)
{
	const char *text = elf_string(im->f, s->offset, s->offset + s->size);

	return text && keep(e->interp, sizeof e->interp, text);
}

static bool segments(const struct image *im, const Elf64_Ehdr *h, struct elf_info *e)
{
	size_t least = im->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
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
		if (s.type == PT_INTERP && !*e->interp && !interpreter(im, &s, e))
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
	e->bits = im.wide ? 64 : 32;
	memset(&h, 0, sizeof h);
	if (header(&im, &h)) {
		e->machine = h.e_machine;
		e->type = h.e_type;
		if (segments(&im, &h, e))
			return 0;
	}
	errno = EINVAL;
	return -1;
}

int elf_parse(const void *data, size_t len, struct elf_info *e)
{
	return elf_file_parse(&(struct elf_file){.p = (unsigned char *)data, .len = len}, e);
}
