import Foundation
import Kernels
import ModelStore
import Scripting

/// A file of the system as text; nil where it cannot be read.
///
/// Read to its end: such files say that they are empty.
private func systemText(_ path: String) -> String? {
  guard let data = try? FileHandle(forReadingAtPath: path)?.readToEnd() else { return nil }
  return String(decoding: data, as: UTF8.self)
}

/// The processor and the memory.
struct MachineCheck {
  /// Memory below which the default model is in danger of not fitting.
  private static let leastBytes = 512 << 20

  var findings: [Finding] { [processor, kernels, threads, memory, hugePages] }

  /// What a line `name : value` of a system file says first.
  private func entry(_ names: [String], of text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = parts[0].trimmingCharacters(in: .whitespaces)
      if names.contains(name) { return parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return nil
  }

  private var processor: Finding {
    let text = systemText("/proc/cpuinfo") ?? ""
    let features = Set(
      (entry(["flags", "Features"], of: text) ?? "").split(separator: " ").map(String.init))
    let wanted = [
      "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512_vnni", "amx_int8", "asimd",
      "asimddp", "i8mm", "sve",
    ]
    let found = wanted.filter(features.contains)
    let name = entry(["model name"], of: text) ?? "name not given"
    return .fine(
      "processor", name + (found.isEmpty ? "" : " with " + found.joined(separator: ", ")))
  }

  private var kernels: Finding {
    guard Machine.kernels == "portable" else { return .fine("kernels", Machine.kernels) }
    return .warning(
      "kernels", "portable: none written for this processor",
      remedy: "A processor with AVX2 and FMA, or with NEON, is several times faster.")
  }

  private var threads: Finding {
    let usable = ProcessInfo.processInfo.activeProcessorCount
    let all = ProcessInfo.processInfo.processorCount
    let text = "\(usable) used by default" + (usable == all ? "" : ", of \(all) processors")
    guard
      let load = systemText("/proc/loadavg")?.split(separator: " ").first.flatMap({ Double($0) }),
      load > Double(usable) + 0.5
    else { return .fine("threads", text) }
    return .warning(
      "threads", "\(text); load \(load)",
      remedy: "Other programs compete for the processor; close them, or give --threads=N.")
  }

  private var memory: Finding {
    let text = systemText("/proc/meminfo") ?? ""
    func bytes(_ name: String) -> Int? {
      entry([name], of: text)?.split(separator: " ").first.flatMap { Int($0) }
        .map { $0.multipliedReportingOverflow(by: 1024).partialValue }
    }
    let total = bytes("MemTotal") ?? Int(clamping: ProcessInfo.processInfo.physicalMemory)
    var available = bytes("MemAvailable") ?? total
    var words = "\(ByteCount(total)), \(ByteCount(available)) available"
    if let limit = systemText("/sys/fs/cgroup/memory.max").flatMap({ Int($0.dropLast()) }),
      limit < total
    {
      words += ", this process limited to \(ByteCount(limit))"
      available = min(available, limit)
    }
    guard available < MachineCheck.leastBytes else { return .fine("memory", words) }
    return .warning(
      "memory", words, remedy: "A model takes about the size of its file; close other programs.")
  }

  private var hugePages: Finding {
    guard let text = systemText("/sys/kernel/mm/transparent_hugepage/enabled") else {
      return .fine("huge pages", "not a setting of this system")
    }
    let chosen = text.split(separator: "[").dropFirst().first?.prefix { $0 != "]" } ?? ""
    guard chosen == "never" else { return .fine("huge pages", String(chosen)) }
    return .warning(
      "huge pages", "never: reading weights is slower",
      remedy: "As root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled")
  }
}

/// The models in the cache.
struct ModelCheck {
  private let store = ModelStore(environment: Console.environment)

  var findings: [Finding] { [folder] + RegisteredModel.all.compactMap(model) }

  private var folder: Finding {
    var place = store.folder
    while !FileManager.default.fileExists(atPath: place.path), place.path != "/" {
      place.deleteLastPathComponent()
    }
    guard FileManager.default.isWritableFile(atPath: place.path) else {
      return .warning(
        "models", "\(store.folder.path) cannot be written",
        remedy: "Set XDG_CACHE_HOME to a folder of your own, or change the folder's owner.")
    }
    return .fine("models", store.folder.path)
  }

  /// The state of a model; nil for one that is not here and need not be.
  private func model(_ model: RegisteredModel) -> Finding? {
    let name = model.name
    let path = store.path(of: model)
    guard FileManager.default.fileExists(atPath: path.path) else {
      guard model == .standard else { return nil }
      return .warning(
        name, "the default model, is not here", remedy: "Run: casthost models pull \(name)")
    }
    guard store.holds(model), (try? sha256(of: path)) == model.sha256 else {
      return .warning(
        name, "damaged: its checksum is not the registered one",
        remedy: "Run: casthost models pull \(name)")
    }
    return .fine(name, "\(ByteCount(model.byteCount)), checksum holds")
  }
}

/// Lua, and what the kernel has for confining it.
struct SandboxCheck {
  var findings: [Finding] { [lua, landlock, seccomp] }

  private var lua: Finding {
    let maps = systemText("/proc/self/maps") ?? ""
    let library = maps.split(separator: "\n").first { $0.contains("/liblua") }
    let path = library.flatMap { line in line.firstIndex(of: "/").map { String(line[$0...]) } }
    return .fine("lua", Surroundings.luaRelease + (path.map { ", \($0)" } ?? ", linked in"))
  }

  private var landlock: Finding {
    let version = Surroundings.landlockVersion
    guard version == 0 else { return .fine("landlock", "available, version \(version)") }
    return .warning(
      "landlock", "not available",
      remedy: "The sandbox within casthost holds all the same; Linux 5.13 or later has Landlock.")
  }

  private var seccomp: Finding {
    guard !Surroundings.hasSeccomp else { return .fine("seccomp", "available") }
    return .warning(
      "seccomp", "not available",
      remedy: "The sandbox within casthost holds all the same; most kernels have seccomp.")
  }
}

/// How fast products are, measured for about a second.
struct SpeedCheck {
  /// Rows and columns of the matrix; its 18 MB leave most caches.
  private static let size = 4096
  /// GB/s of weights below which something is wrong.
  private static let least = 2.0
  private let lanes: Lanes

  init(_ lanes: Lanes) { self.lanes = lanes }

  var finding: Finding {
    let size = SpeedCheck.size
    let format = BlockFormat.q8_0
    let stored = Tensor(count: size * format.byteCount(size) / MemoryLayout<Float>.stride)
    let matrix = WeightMatrix(
      format: format, rows: size, columns: size, bytes: UnsafeRawPointer(stored.base), owner: stored
    )
    guard let packed = PackedMatrix(matrix, in: WeightArena(), lanes: lanes) else {
      return .warning(
        "speed", "no memory for a matrix of \(ByteCount(format.byteCount(size) * size))",
        remedy: "Close other programs.")
    }
    let weights = Double(packed.byteCount) / time(packed, rows: 1) / 1e9
    let rows = 64
    let work = 2 * Double(rows) * Double(size) * Double(size)
    let arithmetic = work / time(packed, rows: rows) / 1e9
    let model = RegisteredModel.standard
    let tokens = weights * 1e9 / Double(model.byteCount)
    let text =
      String(format: "weights at %.1f GB/s (at most %.0f tokens/s of ", weights, tokens)
      + model.name + String(format: "), prompts at %.0f GFLOP/s", arithmetic)
    guard weights < SpeedCheck.least else { return .fine("speed", text) }
    return .warning(
      "speed", text,
      remedy: "Close other programs; run a release build; see 'kernels' and 'threads' above.")
  }

  /// Seconds for a product with some rows, the mean over half a second.
  private func time(_ matrix: PackedMatrix, rows: Int) -> Double {
    let input = Tensor(rows: rows, columns: matrix.columns)
    let output = Tensor(rows: rows, columns: matrix.rows)
    return ProductTiming.seconds(
      of: [matrix], rows: rows, input, to: output, .precise, lanes, for: 0.5)
  }
}
