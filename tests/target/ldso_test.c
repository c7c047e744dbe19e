#include "base/clock.h"
#include "target/ldso_own.h"

#include "../base/tree.h"

Suite *ldso_suite(void);

START_TEST(program_of_this_machine_resolves)
{
	char why[200];
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_msg(ldso_resolves(fd, "/bin/ls", why, sizeof(why)) == 0, "%s", why);
	close(fd);
}
END_TEST

START_TEST(missing_program_is_named)
{
	char why[200];
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(ldso_resolves(fd, "/bin/no-such-program", why, sizeof(why)), -1);
	ck_assert_str_eq(why, "/bin/no-such-program is missing");
	close(fd);
}
END_TEST

/* A library built here: its need of a version is real, the libc without it is made by renaming one.
 */
static void build(const char *dir, const char *command)
{
	char line[2048];

	snprintf(line, sizeof line, "cd %s && %s", dir, command);
	ck_assert_int_eq(system(line), 0);
}

START_TEST(wanted_version_that_no_library_defines_is_named)
{
	char dir[64], why[200];
	int fd = tree_make(dir);

	build(dir,
	      "mkdir -p lib && echo 'A_1 { global: f; }; A_2 { global: g; };' >new.map && "
	      "echo 'A_1 { global: f; };' >old.map && "
	      "echo 'int f(void){return 1;} int g(void){return 2;}' >a.c && "
	      "echo 'int g(void); int h(void){return g();}' >u.c && "
	      "gcc -nostdlib -shared -fPIC -Wl,--version-script=new.map -Wl,-soname,liba.so.1 "
	      "-o lib/liba.so.1 a.c && gcc -nostdlib -shared -fPIC -o user.so u.c lib/liba.so.1");
	ck_assert_msg(ldso_resolves(fd, "/user.so", why, sizeof why) == 0, "%s", why);
	build(dir, "gcc -nostdlib -shared -fPIC -Wl,--version-script=old.map "
		   "-Wl,-soname,liba.so.1 -o lib/liba.so.1 a.c");
	ck_assert_int_eq(ldso_resolves(fd, "/user.so", why, sizeof why), -1);
	ck_assert_str_eq(why, "/user.so: wants A_2, /lib/liba.so.1 has none");
	/* one without any versions satisfies everything, as ld.so(8) has it */
	build(dir, "gcc -nostdlib -shared -fPIC -Wl,-soname,liba.so.1 -o lib/liba.so.1 a.c");
	ck_assert_int_eq(ldso_resolves(fd, "/user.so", why, sizeof why), 0);
	tree_remove(fd, dir);
}
END_TEST

/* A runpath's folders come first, $ORIGIN is where the file lies. */
START_TEST(runpath_is_searched_from_where_the_file_lies)
{
	char dir[64], why[200];
	int fd = tree_make(dir);

	build(dir, "mkdir -p opt/app/bin opt/app/lib opt/abs && echo 'int f(void){return 1;}' >a.c "
		   "&& echo 'int f(void);int g(void){return f();}' >u.c && gcc -nostdlib -shared "
		   "-fPIC -Wl,-soname,liba.so.1 -o opt/app/lib/liba.so.1 a.c && gcc -nostdlib "
		   "-shared -fPIC '-Wl,-rpath,/none:$ORIGIN/../lib' -o opt/app/bin/u.so u.c "
		   "opt/app/lib/liba.so.1 && gcc -nostdlib -shared -fPIC "
		   "'-Wl,-rpath,${ORIGIN}/../lib' -o opt/app/bin/v.so u.c opt/app/lib/liba.so.1 && "
		   "gcc -nostdlib -shared -fPIC -Wl,-rpath,/opt/abs -o opt/w.so u.c "
		   "opt/app/lib/liba.so.1");
	ck_assert_msg(ldso_resolves(fd, "/opt/app/bin/u.so", why, sizeof why) == 0, "%s", why);
	ck_assert_msg(ldso_resolves(fd, "/opt/app/bin/v.so", why, sizeof why) == 0, "%s", why);
	ck_assert_int_eq(ldso_resolves(fd, "/opt/w.so", why, sizeof why), -1);
	ck_assert_str_eq(why, "/opt/w.so: liba.so.1 not found");
	build(dir, "mv opt/app/lib/liba.so.1 opt/abs");
	ck_assert_int_eq(ldso_resolves(fd, "/opt/w.so", why, sizeof why), 0);
	ck_assert_int_eq(ldso_resolves(fd, "/opt/app/bin/u.so", why, sizeof why), -1);
	tree_remove(fd, dir);
}
END_TEST

START_TEST(library_cut_short_is_damaged)
{
	char dir[64], why[200];
	int fd = tree_make(dir);

	build(dir, "echo 'int f(void){return 1;}' >a.c && gcc -nostdlib -shared -fPIC -o a.so a.c "
		   "&& strip a.so && truncate -s 8192 a.so");
	ck_assert_int_eq(ldso_resolves(fd, "/a.so", why, sizeof why), -1);
	ck_assert_str_eq(why, "/a.so: damaged or unreadable");
	tree_remove(fd, dir);
}
END_TEST

START_TEST(one_session_judges_many_files)
{
	char why[200];
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct ldso *l = ldso_open(&(struct target){.fd = fd});

	for (int i = 0; i < 3; i++) {
		ck_assert_msg(ldso_check(l, "/bin/ls", why, sizeof(why)) == 0, "%s", why);
		ck_assert_int_eq(ldso_bits(l), 8 * (int)sizeof(void *));
		ck_assert_int_eq(ldso_check(l, "/bin/no-such-program", why, sizeof(why)), -1);
		ck_assert_int_eq(ldso_bits(l), 0);
	}
	ldso_close(l);
	close(fd);
}
END_TEST

/* Both are liba.so.1, and each is found by the path of the one that needs it. */
START_TEST(two_libraries_of_one_soname_are_two)
{
	char dir[] = "/tmp/rd-ldso-XXXXXX", why[200];
	struct ldso *l;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	build(dir, "mkdir -p opt/old opt/new && echo 'A_1 { global: f; }; A_2 { global: g; };' "
		   ">new.map && "
		   "echo 'A_1 { global: f; };' >old.map && "
		   "echo 'int f(void){return 1;} int g(void){return 2;}' >a.c && "
		   "echo 'int g(void); int h(void){return g();}' >u.c && "
		   "gcc -nostdlib -shared -fPIC -Wl,--version-script=new.map -Wl,-soname,liba.so.1 "
		   "-o opt/new/liba.so.1 a.c && "
		   "gcc -nostdlib -shared -fPIC -Wl,--version-script=old.map -Wl,-soname,liba.so.1 "
		   "-o opt/old/liba.so.1 a.c && "
		   "gcc -nostdlib -shared -fPIC -o opt/new.so u.c opt/new/liba.so.1 "
		   "-Wl,-rpath,'$ORIGIN/new' && "
		   "gcc -nostdlib -shared -fPIC -o opt/old.so u.c opt/new/liba.so.1 "
		   "-Wl,-rpath,/nowhere:'${ORIGIN}/old' && "
		   "gcc -nostdlib -shared -fPIC -o opt/none.so u.c opt/new/liba.so.1");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	l = ldso_open(&(struct target){.fd = fd});
	for (int i = 0; i < 2; i++) {
		ck_assert_msg(ldso_check(l, "/opt/new.so", why, sizeof why) == 0, "%s", why);
		ck_assert_int_eq(ldso_check(l, "/opt/old.so", why, sizeof why), -1);
		ck_assert_str_eq(why, "/opt/old.so: wants A_2, /opt/old/liba.so.1 has none");
		ck_assert_int_eq(ldso_check(l, "/opt/none.so", why, sizeof why), -1);
		ck_assert_str_eq(why, "/opt/none.so: liba.so.1 not found");
	}
	ldso_close(l);
	close(fd);
	build("/tmp", "rm -rf --one-file-system /tmp/rd-ldso-*");
}
END_TEST

/* The loader passes over one of the other class, and takes one that was loaded before, whoever
 * needs it; an older DT_RPATH serves those below, too. */
START_TEST(library_is_found_as_the_loader_finds_it)
{
	char dir[] = "/tmp/rd-ldso-XXXXXX", why[200];
	struct ldso *l;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	build(dir, "mkdir -p lib usr/lib opt && echo 'int f(void){return 1;}' >a.c && "
		   "echo 'int f(void); int g(void){return f();}' >b.c && "
		   "echo 'int f(void); int g(void); int h(void){return f() + g();}' >u.c && "
		   "c='gcc -nostdlib -shared -fPIC' && "
		   "$c -m32 -Wl,-soname,liba.so.1 -o lib/liba.so.1 a.c && "
		   "$c -Wl,-soname,liba.so.1 -o usr/lib/liba.so.1 a.c && "
		   "$c -Wl,-soname,libb.so.1 -o opt/libb.so.1 b.c usr/lib/liba.so.1 && "
		   "$c -m32 -o narrow.so b.c lib/liba.so.1 && "
		   "$c -o wide.so b.c usr/lib/liba.so.1 && "
		   "$c -o runpath.so u.c -Wl,--no-as-needed opt/libb.so.1 usr/lib/liba.so.1 "
		   "-Wl,-rpath,/opt -Wl,--enable-new-dtags && "
		   "$c -o rpath.so u.c opt/libb.so.1 -Wl,--allow-shlib-undefined "
		   "-Wl,-rpath,/opt -Wl,--disable-new-dtags");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	l = ldso_open(&(struct target){.fd = fd});
	ck_assert_msg(ldso_check(l, "/wide.so", why, sizeof why) == 0, "%s", why);
	ck_assert_int_eq(ldso_bits(l), 64);
	ck_assert_msg(ldso_check(l, "/narrow.so", why, sizeof why) == 0, "%s", why);
	ck_assert_int_eq(ldso_bits(l), 32);
	ldso_close(l);
	build(dir, "mv usr/lib/liba.so.1 opt/");
	l = ldso_open(&(struct target){.fd = fd});
	ck_assert_int_eq(ldso_check(l, "/wide.so", why, sizeof why), -1);
	ck_assert_str_eq(why, "/wide.so: liba.so.1 not found");
	ck_assert_int_eq(ldso_check(l, "/opt/libb.so.1", why, sizeof why), -1);
	ck_assert_str_eq(why, "/opt/libb.so.1: liba.so.1 not found");
	ck_assert_msg(ldso_check(l, "/runpath.so", why, sizeof why) == 0, "%s", why);
	ck_assert_msg(ldso_check(l, "/rpath.so", why, sizeof why) == 0, "%s", why);
	ldso_close(l);
	close(fd);
	build("/tmp", "rm -rf --one-file-system /tmp/rd-ldso-*");
}
END_TEST

/* More than any table of a fixed size held. */
START_TEST(a_program_of_a_thousand_libraries_resolves)
{
	char dir[] = "/tmp/rd-ldso-XXXXXX", why[200];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	build(dir, "mkdir lib && echo 'int f(void){return 1;}' >a.c && "
		   "gcc -c -fPIC a.c && i=0 && while [ $i -lt 1000 ]; do i=$((i + 1)) && "
		   "ld -shared -soname lib$i.so.1 -o lib/lib$i.so.1 a.o; done && "
		   "ld -shared --no-as-needed -o all.so lib/*.so.1");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_msg(ldso_resolves(fd, "/all.so", why, sizeof why) == 0, "%s", why);
	build(dir, "rm lib/lib917.so.1");
	ck_assert_int_eq(ldso_resolves(fd, "/all.so", why, sizeof why), -1);
	ck_assert_str_eq(why, "/all.so: lib917.so.1 not found");
	close(fd);
	build("/tmp", "rm -rf --one-file-system /tmp/rd-ldso-*");
}
END_TEST

/* The same program with another loader: glibc's refuses it. */
START_TEST(musl_knows_no_versions)
{
	char dir[] = "/tmp/rd-ldso-XXXXXX", why[200];
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	build(dir,
	      "mkdir lib lib64 && echo 'A_1 { global: f; }; A_2 { global: g; };' >new.map && "
	      "echo 'A_1 { global: f; };' >old.map && "
	      "echo 'int f(void){return 1;} int g(void){return 2;}' >a.c && "
	      "echo 'int g(void); int _start(void){return g();}' >u.c && "
	      "c='gcc -nostdlib -fPIC' && "
	      "$c -shared -Wl,-soname,libc.so -o lib/ld-musl-x86_64.so.1 a.c && "
	      "cp lib/ld-musl-x86_64.so.1 lib64/ld-linux-x86-64.so.2 && "
	      "l='-shared -Wl,-soname,liba.so.1 -o lib/liba.so.1 a.c' && "
	      "$c -Wl,--version-script=new.map $l && "
	      "$c -pie -Wl,-dynamic-linker,/lib/ld-musl-x86_64.so.1 -o musl u.c lib/liba.so.1 && "
	      "$c -pie -o glibc u.c lib/liba.so.1 && $c -Wl,--version-script=old.map $l");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_msg(ldso_resolves(fd, "/musl", why, sizeof why) == 0, "%s", why);
	ck_assert_int_eq(ldso_resolves(fd, "/glibc", why, sizeof why), -1);
	ck_assert_str_eq(why, "/glibc: wants A_2, /lib/liba.so.1 has none");
	close(fd);
	build("/tmp", "rm -rf --one-file-system /tmp/rd-ldso-*");
}
END_TEST

/* By whatever name; what is no ELF file only where it stands for a library. */
START_TEST(walk_reads_each_file_once_until_its_deadline)
{
	char dir[] = "/tmp/rd-ldso-XXXXXX";
	struct ldso *l;
	int fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	build(dir,
	      "mkdir -p usr/bin usr/lib/deep/er usr/share/doc && ln -s usr/lib lib && "
	      "echo 'int f(void){return 1;}' >a.c && "
	      "gcc -nostdlib -shared -fPIC -o usr/lib/deep/er/a.so a.c && "
	      "ln usr/lib/deep/er/a.so usr/bin/a && ln -s a usr/bin/b && "
	      "cp usr/bin/a usr/share/doc/c && cp usr/bin/a usr/lib/d && chmod 644 usr/lib/d && "
	      "echo '#!/bin/sh' >usr/bin/script && chmod 755 usr/bin/script && "
	      "echo 'INPUT(liba.so.1)' >usr/lib/liba.so && : >usr/lib/liba.so.1.2 && "
	      "mkfifo -m 755 usr/bin/fifo");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	l = ldso_open(&(struct target){.fd = fd});
	ck_assert(!ldso_walk(l, clock_ms() - 1));
	ck_assert_uint_eq(l->objects.n, 1);
	ck_assert(ldso_walk(l, deadline_in(60)));
	ck_assert_uint_eq(l->objects.n, 1 + 2);
	for (uint32_t i = 1; i < l->objects.n; i++)
		ck_assert(ldso_at(l, i)->damaged ==
			  !strcmp(ldso_string(l, ldso_at(l, i)->path), "/usr/lib/liba.so.1.2"));
	ldso_close(l);
	close(fd);
	build("/tmp", "rm -rf --one-file-system /tmp/rd-ldso-*");
}
END_TEST

/* Any 16 bytes of a library's tables made hostile, under the sanitizers. */
START_TEST(hostile_libraries_mislead_nobody)
{
	char dir[] = "/tmp/rd-ldso-XXXXXX", why[200], lib[64];
	unsigned seed = 7, damaged = 0;
	int fd, out;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	build(dir,
	      "mkdir lib && echo 'A_1 { global: f; };' >a.map && "
	      "echo 'int f(void){return 1;}' >a.c && "
	      "echo 'int f(void); int g(void){return f();}' >u.c && "
	      "gcc -s -nostdlib -shared -fPIC -Wl,--version-script=a.map -Wl,-soname,liba.so.1 "
	      "-o lib/liba.so.1 a.c && cp lib/liba.so.1 whole && "
	      "gcc -s -nostdlib -shared -fPIC -o user.so u.c lib/liba.so.1");
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(lib, sizeof lib, "%s/lib/liba.so.1", dir);
	for (int i = 0; i < 600; i++) {
		char bytes[16];

		seed = seed * 1103515245u + 12345u;
		for (int k = 0; k < 16; k++)
			bytes[k] = (char)(i % 3 == 0 ? 0 : i % 3 == 1 ? 255 : seed >> k);
		out = open(lib, O_WRONLY | O_CLOEXEC);
		ck_assert_int_ge(out, 0);
		ck_assert_int_eq(pwrite(out, bytes, 16, (seed >> 8) % 0x3000), 16);
		close(out);
		damaged += ldso_resolves(fd, "/user.so", why, sizeof why) != 0;
		if (i % 8 == 7)
			build(dir, "cat whole >lib/liba.so.1");
	}
	ck_assert_uint_gt(damaged, 50);
	build(dir, "cat whole >lib/liba.so.1");
	ck_assert_msg(!ldso_resolves(fd, "/user.so", why, sizeof why), "%s", why);
	close(fd);
	build("/tmp", "rm -rf --one-file-system /tmp/rd-ldso-*");
}
END_TEST

Suite *ldso_suite(void)
{
	Suite *s = suite_create("ldso");
	TCase *c = tcase_create("all");

	tcase_set_timeout(c, 60);
	tcase_add_test(c, program_of_this_machine_resolves);
	tcase_add_test(c, missing_program_is_named);
	tcase_add_test(c, wanted_version_that_no_library_defines_is_named);
	tcase_add_test(c, runpath_is_searched_from_where_the_file_lies);
	tcase_add_test(c, library_cut_short_is_damaged);
	tcase_add_test(c, one_session_judges_many_files);
	tcase_add_test(c, two_libraries_of_one_soname_are_two);
	tcase_add_test(c, library_is_found_as_the_loader_finds_it);
	tcase_add_test(c, a_program_of_a_thousand_libraries_resolves);
	tcase_add_test(c, musl_knows_no_versions);
	tcase_add_test(c, walk_reads_each_file_once_until_its_deadline);
	tcase_add_test(c, hostile_libraries_mislead_nobody);
	suite_add_tcase(s, c);
	return s;
}
