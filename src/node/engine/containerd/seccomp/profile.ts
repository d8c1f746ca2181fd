/** One rule: these calls are answered so when all conditions hold. */
export interface Rule {
  readonly names: readonly string[]
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO"
  readonly errnoRet?: number
  readonly args?: readonly Argument[]
}

export interface Argument {
  readonly index: number
  readonly value: number
  readonly valueTwo?: number
  readonly op: "SCMP_CMP_NE" | "SCMP_CMP_EQ" | "SCMP_CMP_MASKED_EQ"
}

export interface Profile {
  readonly architectures: readonly string[]
  readonly rules: readonly Rule[]
}

/** What Docker lets a container with these capabilities do by default; all else fails with EPERM. */
export function defaultProfile(capabilities: ReadonlySet<string>, architecture: string): Profile {
  const { names, extra } = ARCHITECTURES[architecture] ?? { names: [], extra: "" }
  const granted = Object.entries(BY_CAPABILITY)
    .filter(([capability]) => capabilities.has(capability))
    .map(([, calls]) => calls)
  return {
    architectures: names,
    rules: [
      allow([ALWAYS, extra, ...granted].join(" ")),
      // Sockets of every family but AF_VSOCK, which would lead past the network namespace to the hypervisor.
      { ...allow("socket"), args: [{ index: 0, value: 40, op: "SCMP_CMP_NE" }] },
      ...[0, 0x8, 0x20000, 0x20008, 0xffffffff].map(
        (value): Rule => ({ ...allow("personality"), args: [{ index: 0, value, op: "SCMP_CMP_EQ" }] }),
      ),
      ...(capabilities.has("CAP_SYS_ADMIN") ? [] : WITHOUT_NEW_NAMESPACES),
    ],
  }
}

/** As `linux.seccomp` of an OCI specification. */
export function asJson({ architectures, rules }: Profile): object {
  return { defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1, architectures, syscalls: rules }
}

function allow(names: string): Rule {
  return { names: [...new Set(names.trim().split(/\s+/))], action: "SCMP_ACT_ALLOW" }
}

/** `clone` without any flag that makes a namespace. `clone3` hides its flags in memory, so libc is sent back to `clone`. */
const WITHOUT_NEW_NAMESPACES: readonly Rule[] = [
  { ...allow("clone"), args: [{ index: 0, value: 0x7e020000, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }] },
  { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38 },
]

const ARCHITECTURES: Readonly<Record<string, { readonly names: readonly string[]; readonly extra: string }>> = {
  x64: { names: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], extra: "arch_prctl modify_ldt" },
  arm64: {
    names: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
    extra: "arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls",
  },
}

const BY_CAPABILITY: Readonly<Record<string, string>> = {
  CAP_BPF: "bpf",
  CAP_DAC_READ_SEARCH: "open_by_handle_at",
  CAP_PERFMON: "perf_event_open",
  CAP_SYSLOG: "syslog",
  CAP_SYS_ADMIN: `bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie mount mount_setattr
    move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog umount umount2
    unshare`,
  CAP_SYS_BOOT: "reboot",
  CAP_SYS_CHROOT: "chroot",
  CAP_SYS_MODULE: "delete_module finit_module init_module",
  CAP_SYS_NICE: "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
  CAP_SYS_PACCT: "acct",
  CAP_SYS_PTRACE: "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
  CAP_SYS_RAWIO: "ioperm iopl",
  CAP_SYS_TIME: "clock_settime clock_settime64 settimeofday stime",
  CAP_SYS_TTY_CONFIG: "vhangup",
}

// By what they are about. The ring of io_uring is not among them: its operations would not be filtered.
const ALWAYS = `
  _llseek access chdir chmod chown chown32 close close_range copy_file_range creat dup dup2 dup3 faccessat faccessat2
  fadvise64 fadvise64_64 fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 fdatasync
  fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs fstatfs64 fsync ftruncate
  ftruncate64 futimesat getcwd getdents getdents64 getxattr ioctl lchown lchown32 lgetxattr link linkat listxattr
  llistxattr lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at newfstatat open
  openat openat2 pipe pipe2 pread64 preadv preadv2 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv
  removexattr rename renameat renameat2 rmdir sendfile sendfile64 setxattr splice stat stat64 statfs statfs64 statx
  symlink symlinkat sync sync_file_range syncfs tee truncate truncate64 umask unlink unlinkat utime utimensat
  utimensat_time64 utimes vmsplice write writev cachestat

  _newselect epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old
  eventfd eventfd2 fanotify_mark inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel io_destroy
  io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit poll ppoll ppoll_time64 pselect6 pselect6_time64
  select signalfd signalfd4

  accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg recvmmsg_time64 recvmsg
  send sendmmsg sendmsg sendto setsockopt shutdown socketcall socketpair

  brk madvise map_shadow_stack membarrier memfd_create memfd_secret mincore mlock mlock2 mlockall
  mmap mmap2 mprotect mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect process_mrelease
  remap_file_pages

  ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink
  msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget

  capget capset execve execveat exit exit_group fork get_robust_list get_thread_area getcpu getegid getegid32 geteuid
  geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp getpid getppid getpriority getresgid getresgid32
  getresuid getresuid32 getrlimit getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set kill pause pidfd_open
  pidfd_send_signal prctl prlimit64 process_vm_readv process_vm_writev ptrace restart_syscall rseq rt_sigaction
  rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
  rt_tgsigqueueinfo sched_get_priority_max sched_get_priority_min sched_getaffinity sched_getattr sched_getparam
  sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
  sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address setfsgid setfsgid32 setfsuid
  setfsuid32 setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid setregid32 setresgid
  setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit setsid setuid setuid32 sigaltstack sigprocmask
  sigreturn sysinfo tgkill times tkill ugetrlimit uname vfork wait4 waitid waitpid

  futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake getrandom landlock_add_rule
  landlock_create_ruleset landlock_restrict_self

  adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64
  clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep time timer_create timer_delete
  timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
  timerfd_gettime64 timerfd_settime timerfd_settime64
`
