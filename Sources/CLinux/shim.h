// Calls of glibc that Swift's Glibc module leaves out.
#include <sys/xattr.h>

// Variadic calls and those newer than the oldest glibc do not import.
#include <sys/syscall.h>
#include <unistd.h>

// Directory entries as the kernel lays them out (struct linux_dirent64): inode, offset, record
// length (2 bytes at 16), type (1 byte at 18), name from 19 on.
static inline long tuned_vm_getdents64(int descriptor, void *buffer, unsigned long size) {
  return syscall(SYS_getdents64, descriptor, buffer, size);
}
