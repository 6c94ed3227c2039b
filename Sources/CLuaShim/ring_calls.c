// The filter of system calls: a list of what is refused, as a program for the kernel.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ring.h"
#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#else
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

// Calls that came after the headers have the same number on every machine.
enum {
  call_pidfd_send_signal = 424,
  call_io_uring_setup = 425,
  call_io_uring_enter = 426,
  call_io_uring_register = 427,
  call_open_tree = 428,
  call_move_mount = 429,
  call_fsopen = 430,
  call_fsconfig = 431,
  call_fsmount = 432,
  call_fspick = 433,
  call_pidfd_open = 434,
  call_clone3 = 435,
  call_pidfd_getfd = 438,
  call_process_madvise = 440,
  call_mount_setattr = 442,
  call_fchmodat2 = 452,
  call_setxattrat = 463,
  call_removexattrat = 466,
};

// Fail with EPERM.
static const uint32_t refused[] = {
    // The network
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4,
    SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvmsg, SYS_recvmmsg,
    // Other programs and processes
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
    SYS_tkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, call_pidfd_open, call_pidfd_getfd,
    call_pidfd_send_signal, call_process_madvise,
    // Names and rights of files that Landlock leaves open
    SYS_fchmod, SYS_fchmodat, call_fchmodat2, SYS_fchown, SYS_fchownat, SYS_setxattr,
    SYS_lsetxattr, SYS_fsetxattr, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr,
    call_setxattrat, call_removexattrat, SYS_utimensat, SYS_name_to_handle_at,
    SYS_open_by_handle_at, SYS_truncate,
    // The view of the system
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, call_open_tree,
    call_move_mount, call_fsopen, call_fsconfig, call_fsmount, call_fspick, call_mount_setattr,
    SYS_quotactl, SYS_fanotify_init,
    // Ways round this filter, and wide surfaces of the kernel
    call_io_uring_setup, call_io_uring_enter, call_io_uring_register, SYS_add_key, SYS_request_key,
    SYS_keyctl, SYS_perf_event_open, SYS_userfaultfd, SYS_syslog, SYS_personality,
    // Who this process is, and what time it is for others
    SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
    SYS_setgroups, SYS_capset, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex,
    SYS_clock_adjtime, SYS_sethostname, SYS_setdomainname,
#if defined(__x86_64__)
    SYS_fork, SYS_vfork, SYS_chmod, SYS_chown, SYS_lchown, SYS_utime, SYS_utimes, SYS_futimesat,
    SYS_modify_ldt, SYS_ioperm, SYS_iopl,
#endif
};

// End the process: nothing that casthost is made of could want them.
static const uint32_t fatal[] = {
    SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon,
    SYS_swapoff, SYS_acct, SYS_bpf,
};

enum {
  refuse = SECCOMP_RET_ERRNO | EPERM,
  missing = SECCOMP_RET_ERRNO | ENOSYS,
  longest = 2 * (sizeof refused + sizeof fatal) / sizeof(uint32_t) + 64,
};

typedef struct program {
  struct sock_filter steps[longest];
  unsigned short count;
} program;

static void step(program *to, uint16_t code, uint32_t value, uint8_t yes, uint8_t no) {
  to->steps[to->count++] = (struct sock_filter){code, yes, no, value};
}

static void load(program *to, size_t offset) {
  step(to, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(program *to, uint32_t action) { step(to, BPF_RET | BPF_K, action, 0, 0); }

static void answer_if(program *to, uint32_t number, uint32_t action) {
  step(to, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
  answer(to, action);
}

// The low half of an argument; both machines are little-endian.
static size_t argument(int index) {
  return offsetof(struct seccomp_data, args) + sizeof(uint64_t) * (size_t)index;
}

// A call that is allowed only where an argument, as far as the mask goes, has a value. It leaves
// the argument loaded, so it answers in every case.
static void allow_where(program *to, uint32_t number, int index, uint32_t mask, uint32_t value) {
  step(to, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 5);
  load(to, argument(index));
  step(to, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
  step(to, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
  answer(to, SECCOMP_RET_ALLOW);
  answer(to, refuse);
}

static void build(program *to) {
  load(to, offsetof(struct seccomp_data, arch));
  step(to, BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0);
  answer(to, SECCOMP_RET_KILL_PROCESS);
  load(to, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  step(to, BPF_JMP | BPF_JGE | BPF_K, 0x40000000 /* the x32 calls */, 0, 1);
  answer(to, SECCOMP_RET_KILL_PROCESS);
#endif
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) answer_if(to, refused[i], refuse);
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
    answer_if(to, fatal[i], SECCOMP_RET_KILL_PROCESS);
  // The filter cannot see what clone3 is told; the C library goes on with clone.
  answer_if(to, call_clone3, missing);
  allow_where(to, SYS_clone, 0, CLONE_THREAD, CLONE_THREAD);
  allow_where(to, SYS_kill, 0, UINT32_MAX, (uint32_t)getpid());
  allow_where(to, SYS_tgkill, 0, UINT32_MAX, (uint32_t)getpid());
  // Text that a terminal takes for typed would be run by the shell.
  step(to, BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 4);
  load(to, argument(1));
  step(to, BPF_JMP | BPF_JEQ | BPF_K, TIOCSTI, 1, 0);
  step(to, BPF_JMP | BPF_JEQ | BPF_K, TIOCLINUX, 0, 1);
  answer(to, refuse);
  answer(to, SECCOMP_RET_ALLOW);
}

// What a process of root's could do beyond files: gone, or /proc would show it the kernel's memory.
static void drop_capabilities(void) {
  enum { version = 0x20080522, kept = 1 << 1 | 1 << 2 | 1 << 3 };  // DAC_OVERRIDE … FOWNER
  struct {
    uint32_t version;
    int process;
  } header = {version, 0};
  struct {
    uint32_t effective, permitted, inheritable;
  } sets[2] = {{0, 0, 0}, {0, 0, 0}};
  if (syscall(SYS_capget, &header, sets) != 0) return;
  for (int i = 0; i < 2; i++) {
    sets[i].permitted &= i == 0 ? kept : 0;
    sets[i].effective &= sets[i].permitted;
    sets[i].inheritable = 0;
  }
  syscall(SYS_capset, &header, sets);
}

int cl_ring_filter_calls(void) {
  drop_capabilities();
  program filter = {.count = 0};
  build(&filter);
  struct sock_fprog whole = {filter.count, filter.steps};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  // Speculation stays as it is: there is no foreign machine code here, and the models' speed is.
  long flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  long error = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &whole);
  if (error < 0) return -errno;
  return error == 0 ? 0 : -EBUSY;
}

#else

int cl_ring_filter_calls(void) { return -ENOSYS; }

#endif
