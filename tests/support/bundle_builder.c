/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/bundle_builder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void need(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		abort();
	}
}

void bb_dir(struct scratch *s, const char *path)
{
	char part[512];

	need(strlen(path) < sizeof(part), path);
	for (size_t i = 1; i <= strlen(path); i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		need(mkdir(scratch_path(s, part), 0755) == 0 || errno == EEXIST, part);
	}
}

static void parent(struct scratch *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[512];

	if (!slash)
		return;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	bb_dir(s, dir);
}

void bb_file(struct scratch *s, const char *path, const char *text)
{
	parent(s, path);
	scratch_write(s, path, text, strlen(text), 0644);
}

void bb_link(struct scratch *s, const char *path, const char *target)
{
	parent(s, path);
	need(symlink(target, scratch_path(s, path)) == 0, path);
}

void bb_macho(struct scratch *s, const char *path, uint32_t filetype, bool fat)
{
	struct mb_slice slices[2] = {mb_x86_64(), mb_arm64()};
	struct mb_image img;

	parent(s, path);
	slices[0].filetype = slices[1].filetype = filetype;
	slices[0].seed = slices[1].seed = (uint32_t)strlen(path);
	img = fat ? mb_build_fat(slices, 2, 14, false) : mb_build(&slices[1]);
	scratch_write(s, path, img.data, img.size, 0755);
	mb_free(&img);
}

void bb_info(struct scratch *s, const char *path, const char *identifier, const char *executable,
             const char *type)
{
	char text[2048], exec[256] = "";

	if (executable)
		snprintf(exec, sizeof(exec),
		         "\t<key>CFBundleExecutable</key>\n\t<string>%s</string>\n", executable);
	snprintf(text, sizeof(text),
	         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
	         "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	         "<plist version=\"1.0\">\n<dict>\n%s"
	         "\t<key>CFBundleIdentifier</key>\n\t<string>%s</string>\n"
	         "\t<key>CFBundlePackageType</key>\n\t<string>%s</string>\n"
	         "</dict>\n</plist>\n",
	         exec, identifier, type);
	bb_file(s, path, text);
}

/* "<a>/<b>", in a ring of buffers. */
static const char *join(const char *a, const char *b)
{
	static char ring[8][512];
	static unsigned next;
	char *out = ring[next++ % 8];
	size_t la = strlen(a), lb = strlen(b);

	need(la + lb + 2 <= sizeof(ring[0]), "join");
	memmove(out, a, la);
	out[la] = '/';
	memcpy(out + la + 1, b, lb + 1);
	return out;
}

static void framework(struct scratch *s, const char *at)
{
	char root[512]; /* join() forgets */

	need(strlen(at) < sizeof(root), at);
	memcpy(root, at, strlen(at) + 1);
	bb_macho(s, join(root, "Versions/A/Kit"), 6, true);
	bb_info(s, join(root, "Versions/A/Resources/Info.plist"), "com.example.kit", "Kit", "FMWK");
	bb_file(s, join(root, "Versions/A/Resources/data.txt"), "framework data\n");
	bb_macho(s, join(root, "Versions/A/Helpers/Inner.app/Contents/MacOS/Inner"), 2, true);
	bb_info(s, join(root, "Versions/A/Helpers/Inner.app/Contents/Info.plist"),
	        "com.example.kit.inner", "Inner", "APPL");
	bb_link(s, join(root, "Versions/Current"), "A");
	bb_link(s, join(root, "Kit"), "Versions/Current/Kit");
	bb_link(s, join(root, "Resources"), "Versions/Current/Resources");
	bb_link(s, join(root, "Helpers"), "Versions/Current/Helpers");
}

void bb_app(struct scratch *s, const char *name)
{
	char app[256];

	snprintf(app, sizeof(app), "%s.app", name);
	bb_macho(s, join(app, "Contents/MacOS/Main"), 2, true);
	bb_macho(s, join(app, "Contents/MacOS/side-tool"), 2, false);
	bb_info(s, join(app, "Contents/Info.plist"), "com.example.app", "Main", "APPL");
	bb_file(s, join(app, "Contents/PkgInfo"), "APPL????");
	bb_file(s, join(app, "Contents/Resources/icon.icns"), "icon\n");
	bb_file(s, join(app, "Contents/Resources/en.lproj/Main.strings"), "\"a\" = \"b\";\n");
	bb_file(s, join(app, "Contents/Resources/Base.lproj/Main.nib"), "nib\n");
	bb_file(s, join(app, "Contents/Resources/.DS_Store"), "finder\n");
	bb_link(s, join(app, "Contents/Resources/link.icns"), "icon.icns");
	bb_macho(s, join(app, "Contents/Resources/lib/hidden.dylib"), 6, false);
	bb_macho(s, join(app, "Contents/Frameworks/libloose.dylib"), 6, true);
	framework(s, join(app, "Contents/Frameworks/Kit.framework"));
	bb_macho(s, join(app, "Contents/PlugIns/Plug.appex/Contents/MacOS/Plug"), 2, true);
	bb_info(s, join(app, "Contents/PlugIns/Plug.appex/Contents/Info.plist"),
	        "com.example.app.plug", "Plug", "XPC!");
	bb_macho(s, join(app, "Contents/XPCServices/Svc.xpc/Contents/MacOS/Svc"), 2, true);
	bb_info(s, join(app, "Contents/XPCServices/Svc.xpc/Contents/Info.plist"),
	        "com.example.app.svc", "Svc", "XPC!");
	bb_macho(s, join(app, "Contents/Helpers/helper"), 2, false);
}

void bb_ios_app(struct scratch *s, const char *name)
{
	char app[256];

	snprintf(app, sizeof(app), "%s.app", name);
	bb_macho(s, join(app, "Main"), 2, false);
	bb_info(s, join(app, "Info.plist"), "com.example.ios", "Main", "APPL");
	bb_file(s, join(app, "Assets.car"), "assets\n");
	bb_file(s, join(app, "en.lproj/Main.strings"), "\"a\" = \"b\";\n");
	bb_macho(s, join(app, "Frameworks/Kit.framework/Kit"), 6, false);
	bb_info(s, join(app, "Frameworks/Kit.framework/Info.plist"), "com.example.kit", "Kit",
	        "FMWK");
	bb_macho(s, join(app, "PlugIns/Ext.appex/Ext"), 2, false);
	bb_info(s, join(app, "PlugIns/Ext.appex/Info.plist"), "com.example.ios.ext", "Ext", "XPC!");
}
