/*
 * Benchmarks/floor.c: the least an audit of a captured tree can cost. Reads the files and lists the
 * directories named on standard input (D PATH, F PATH), loads the tree with hwloc, and parses every
 * domain definition with libxml2. Prints nothing.
 *
 *   cc -O2 floor.c -o floor $(pkg-config --cflags --libs hwloc libxml-2.0)
 *   floor ROOT <list
 */
#include <dirent.h>
#include <fcntl.h>
#include <hwloc.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[1 << 22];

static void read_file(const char *path) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t got;
  if (file < 0) return;
  while ((got = read(file, buffer + length, sizeof buffer - length)) > 0) length += got;
  close(file);
  const char *end = strrchr(path, '.');
  if (end && !strcmp(end, ".xml") && strstr(path, "/libvirt/qemu/")) {
    xmlDocPtr document = xmlReadMemory(buffer, (int)length, path, NULL, XML_PARSE_NONET);
    if (document) xmlFreeDoc(document);
  }
}

static void list_directory(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) return;
  while (readdir(directory)) {}
  closedir(directory);
}

int main(int count, char **arguments) {
  char line[4096];
  hwloc_topology_t topology;
  if (count != 2) return 64;
  while (fgets(line, sizeof line, stdin)) {
    line[strcspn(line, "\n")] = 0;
    if (line[0] == 'F') read_file(line + 2);
    else list_directory(line + 2);
  }
  setenv("HWLOC_FSROOT", arguments[1], 1);
  setenv("HWLOC_COMPONENTS", "linux,stop", 1);
  setenv("HWLOC_DUMPED_HWDATA_DIR", "/var/run/hwloc", 1);
  setenv("HWLOC_HIDE_ERRORS", "2", 1);
  hwloc_topology_init(&topology);
  hwloc_topology_set_io_types_filter(topology, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
  if (hwloc_topology_load(topology)) return 1;
  hwloc_topology_destroy(topology);
  return 0;
}
