/* JSON, and a report in it: what is accepted can be walked to its end, what is refused is named,
 * and a report read from anything is a report again: written and read once more it is the same. */
#include "fuzz.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/report.h"

#define REPORT_BYTES (1 << 20)

static void text(struct json v)
{
	char whole[4096], cut[8];
	bool is = json_text(v, whole, sizeof whole);

	CLAIM(is == (*v.p == '"'));
	CLAIM(json_text(v, cut, sizeof cut) == is && !strncmp(cut, whole, strlen(cut)));
	for (size_t i = 0, n; whole[i]; i += n) {
		n = utf8_length(whole + i, strlen(whole + i));
		CLAIM(n);
	}
}

static void walk(struct json v, unsigned depth)
{
	struct json inner;
	size_t at = 0;
	long n;

	CLAIM(depth <= JSON_DEPTH && v.p < v.end);
	text(v);
	CLAIM(!json_number(v, &n) || (*v.p >= '0' && *v.p <= '9'));
	CLAIM(!json_member(v, "a", &inner) || (*v.p == '{' && inner.p > v.p && inner.end < v.end));
	while (json_element(v, &at, &inner)) {
		CLAIM(*v.p == '[' && inner.p > v.p && inner.end < v.end);
		walk(inner, depth + 1);
	}
}

/* As JSON, of an object that was read into it: what was there before must not matter. */
static void write_again(struct json object, char *to)
{
	static struct report r;
	struct buf b = {.p = to, .cap = REPORT_BYTES};

	*to = '\0';
	report_read(&r, object);
	report_json(&r, &b);
	CLAIM(!b.cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_part all = {(const char *)data, size};
	static char once[REPORT_BYTES], twice[REPORT_BYTES];
	char *copy = fuzz_copy(all);
	struct json v;

	if (json_check(copy, size, &v)) {
		struct json_fault f = json_fault(copy, size);

		CLAIM(f.what && f.line >= 1 && f.line <= 1 + fuzz_line_of(copy, size));
	} else {
		walk(v, 0);
		write_again(v, once);
		CLAIM(json_check(once, strlen(once), &v) == 0);
		write_again(v, twice);
		CLAIM(!strcmp(once, twice));
	}
	free(copy);
	return 0;
}
