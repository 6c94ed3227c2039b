// Closes the outer ring round itself and tries what it forbids: `RingProbe READABLE WRITABLE`
// prints a line for each attempt, its name and "done" or the name of the errno.
#if os(Linux)
import Glibc
import Scripting

let readable = CommandLine.arguments[1]
let writable = CommandLine.arguments[2]

func attempt(_ name: String, _ body: () -> Int32) {
  errno = 0
  let result = body()
  let outcome = result >= 0 ? "done" : [EPERM: "EPERM", EACCES: "EACCES"][errno] ?? "\(errno)"
  print("\(name): \(outcome)")
}

func tcpSocket() -> Int32 {
  socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
}

func spawn() -> Int32 {
  var child = pid_t()
  var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
  defer { free(arguments[0]) }
  let status = posix_spawn(&child, "/bin/true", nil, nil, &arguments, nil)
  errno = status
  return status == 0 ? 0 : -1
}

func connectTo(_ connection: Int32) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = UInt16(9).bigEndian
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

func startThread() -> Int32 {
  var thread = pthread_t()
  let status = pthread_create(&thread, nil, { _ in nil }, nil)
  if status == 0 { pthread_join(thread, nil) }
  return status == 0 ? 0 : -1
}

let before = tcpSocket()
let state = OuterRing(readable: [readable], writable: [writable]).close()
print("files: \(state.files.prefix(3))")
print("calls: \(state.calls.prefix(3))")
attempt("read a readable file") { open(readable + "/file", O_RDONLY) }
attempt("write a readable file") { open(readable + "/file", O_WRONLY) }
attempt("make a file in a readable folder") { open(readable + "/new", O_CREAT | O_WRONLY, 0o600) }
attempt("make a file in a writable folder") { open(writable + "/new", O_CREAT | O_WRONLY, 0o600) }
attempt("rename it") { rename(writable + "/new", writable + "/renamed") }
attempt("move it out") { rename(writable + "/renamed", readable + "/renamed") }
attempt("read /etc/passwd") { open("/etc/passwd", O_RDONLY) }
attempt("read the parent's environment") { open("/proc/\(getppid())/environ", O_RDONLY) }
attempt("read the parent's memory") { open("/proc/\(getppid())/mem", O_RDONLY) }
attempt("write its memory") { open("/proc/self/mem", O_RDWR) }
attempt("read its thread's state") { open("/proc/\(getpid())/stat", O_RDONLY) }
attempt("write /dev/null") { open("/dev/null", O_RDWR) }
attempt("change a mode") { chmod(readable + "/file", 0o777) }
attempt("make a socket") { tcpSocket() }
attempt("connect an old socket") { connectTo(before) }
attempt("run a program") { spawn() }
attempt("become a program") {
  var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
  return execv("/bin/true", &arguments)
}
attempt("signal the parent") { kill(getppid(), 0) }
attempt("signal itself") { kill(getpid(), 0) }
attempt("start a thread") { startThread() }
#endif
