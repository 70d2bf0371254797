// Calls of glibc that Swift's Glibc module leaves out.
#include <sys/xattr.h>

// Variadic calls and those newer than the oldest glibc do not import.
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Directory entries as the kernel lays them out (struct linux_dirent64): inode, offset, record
// length (2 bytes at 16), type (1 byte at 18), name from 19 on.
static inline long tuned_vm_getdents64(int descriptor, void *buffer, unsigned long size) {
  return syscall(SYS_getdents64, descriptor, buffer, size);
}

// Reads another process's memory (process_vm_readv(2)); glibc shows it only with _GNU_SOURCE.
static inline long tuned_vm_process_vm_readv(
    pid_t process, const struct iovec *local, unsigned long locals, const struct iovec *remote,
    unsigned long remotes) {
  return syscall(SYS_process_vm_readv, process, local, locals, remote, remotes, 0UL);
}
