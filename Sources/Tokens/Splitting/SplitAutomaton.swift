/// A pattern as a table of states, which reads every scalar of a word once.
///
/// Finds what a backtracking matcher finds: the first alternative goes before the longest match.
/// A state is the list of places in the pattern where the match may be, the preferred one first
/// (Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009). An assertion about
/// the next scalar is decided when that scalar is read, so it costs nothing.
struct SplitAutomaton: Sendable {
  /// Bit of a table entry: the pattern matches the text before the scalar that is read.
  private static let matches: UInt16 = 0x8000
  private static let mostStates = 1024
  private static let mostPlaces = 4096
  private static let mostWork = 4_000_000

  /// `[states, classes + 1]`: the next state, 0 if the match is over; the first one is 1.
  private let table: [UInt16]
  private let classes: ScalarClasses
  /// By byte: the class of a byte below 0x80, or of the scalar that stands for the byte in the
  /// alphabet of byte-level vocabularies.
  private let byteClasses: [UInt8]
  private let readsByteAlphabet: Bool

  /// Compiles a pattern.
  ///
  /// - Parameters:
  ///   - source: A regular expression.
  ///   - readsByteAlphabet: Whether it is meant for text in the alphabet of byte-level
  ///     vocabularies; each byte is read as the scalar that stands for it.
  /// - Throws: ``TokenError`` with code `unsupportedPattern`, which names the pattern.
  init(_ source: String, readsByteAlphabet: Bool = false) throws(TokenError) {
    var program = SplitProgram()
    guard program.add(try SplitPattern(source), limit: SplitAutomaton.mostPlaces),
      let classes = ScalarClasses(program.sets)
    else { throw .unsupportedPattern(source, "is too large") }
    var builder = Builder(program: program, classes: classes)
    guard builder.build() else { throw .unsupportedPattern(source, "is too large") }
    let start = classes.count + 1
    guard !builder.table[start..<2 * start].contains(where: { $0 & SplitAutomaton.matches != 0 })
    else { throw .unsupportedPattern(source, "matches where there is nothing") }
    table = builder.table
    self.classes = classes
    self.readsByteAlphabet = readsByteAlphabet
    byteClasses =
      readsByteAlphabet
      ? (0...255).map { classes.of(ByteAlphabet.scalar(of: $0)) }
      : classes.ascii + [UInt8](repeating: 0, count: 128)
  }

  /// Finds all matches in a part of a text, from left to right.
  ///
  /// - Parameters:
  ///   - text: Any bytes.
  ///   - range: The part; it is to the pattern as if there were nothing around it.
  ///   - steps: Counts the scalars that are read.
  ///   - limit: Gives up when this many have been read.
  ///   - body: Told of every match and of what lies between matches, in order.
  /// - Returns: False if the limit was reached.
  func split(
    _ text: UnsafePointer<UInt8>, _ range: Range<Int>, steps: inout Int, limit: Int,
    _ body: (_ part: Range<Int>, _ isMatch: Bool) -> Void
  ) -> Bool {
    let end = range.upperBound
    return table.withUnsafeBufferPointer { table in
      byteClasses.withUnsafeBufferPointer { byteClasses in
        guard let table = table.baseAddress, let byteClasses = byteClasses.baseAddress else {
          return true
        }
        let scan = Scan(
          table: table, byteClasses: byteClasses, width: classes.count + 1, classes: classes,
          readsByteAlphabet: readsByteAlphabet, text: text, end: end)
        var trail = Trail(range)
        var gap = range.lowerBound
        var start = gap
        while start < end {
          guard steps <= limit else { return false }
          let (last, reached) = scan.match(from: start, trail, &steps)
          if reached - last > Trail.worth {
            scan.record(from: start, after: last, to: reached, &trail, &steps)
          }
          if last > start {
            if gap < start { body(gap..<start, false) }
            body(start..<last, true)
            start = last
            gap = last
          } else {
            start += readsByteAlphabet ? 1 : ScalarReader.scalar(text, at: start, end: end).count
          }
        }
        if gap < end { body(gap..<end, false) }
        return true
      }
    }
  }

  /// Where earlier scans read on in vain: a scan that comes to the same place in the same state
  /// need not go on (after Reps, "Maximal-Munch Tokenization in Linear Time", 1998).
  private struct Trail {
    /// Bytes read in vain from which on a scan is worth remembering.
    static let worth = 8

    private let start: Int
    private let count: Int
    /// By position: the state, 0 where no scan has been; empty until something is remembered.
    private var states: [UInt16] = []
    /// Up to where something is remembered.
    private(set) var end = 0

    init(_ range: Range<Int>) {
      start = range.lowerBound
      count = range.count + 1
    }

    func holds(_ state: Int, at position: Int) -> Bool {
      states.withUnsafeBufferPointer { Int($0[position - start]) == state }
    }

    mutating func remember(_ state: Int, at position: Int) {
      if states.isEmpty { states = [UInt16](repeating: 0, count: count) }
      states[position - start] = UInt16(truncatingIfNeeded: state)
      end = max(end, position + 1)
    }
  }

  /// The table and a text, lent for a while.
  private struct Scan {
    let table: UnsafePointer<UInt16>
    let byteClasses: UnsafePointer<UInt8>
    let width: Int
    let classes: ScalarClasses
    let readsByteAlphabet: Bool
    let text: UnsafePointer<UInt8>
    let end: Int

    /// The table's entry for what stands at a position, and its length in bytes.
    func entry(_ state: Int, at position: Int) -> (entry: UInt16, count: Int) {
      guard position < end else { return (table[state * width + width - 1], 0) }
      let byte = text[position]
      if byte < 0x80 || readsByteAlphabet {
        return (table[state * width + Int(byteClasses[Int(byte)])], 1)
      }
      let scalar = ScalarReader.scalar(text, at: position, end: end)
      return (table[state * width + Int(classes.of(scalar.value))], scalar.count)
    }

    /// Where the match that starts at a position ends, and how far the text was read.
    func match(from start: Int, _ trail: Trail, _ steps: inout Int) -> (last: Int, reached: Int) {
      var state = 1
      var position = start
      var last = start
      while position >= trail.end || !trail.holds(state, at: position) {
        steps += 1
        let (entry, count) = entry(state, at: position)
        if entry & SplitAutomaton.matches != 0 { last = position }
        state = Int(entry & ~SplitAutomaton.matches)
        if state == 0 { break }
        position += count
      }
      return (last, position)
    }

    /// Goes the same way again, and remembers the states after the end of the match.
    func record(
      from start: Int, after last: Int, to reached: Int, _ trail: inout Trail, _ steps: inout Int
    ) {
      var state = 1
      var position = start
      while position <= reached, state != 0 {
        if position > last { trail.remember(state, at: position) }
        steps += 1
        let (entry, count) = entry(state, at: position)
        state = Int(entry & ~SplitAutomaton.matches)
        guard count > 0 else { return }
        position += count
      }
    }
  }

  /// Turns a program into the table.
  private struct Builder {
    let program: SplitProgram
    let classes: ScalarClasses
    var table: [UInt16] = []
    private var states: [[UInt16]] = [[]]
    private var numbers: [[UInt16]: UInt16] = [[]: 0]
    private var work = 0
    private var visited: [Int]
    private var generation = 0

    init(program: SplitProgram, classes: ScalarClasses) {
      self.program = program
      self.classes = classes
      visited = [Int](repeating: 0, count: program.places.count)
    }

    /// - Returns: False if the table would be too large.
    mutating func build() -> Bool {
      let first = [UInt16(program.start)]
      states.append(first)
      numbers[first] = 1
      table = [UInt16](repeating: 0, count: classes.count + 1)
      var state = 1
      while state < states.count {
        for kind in 0...classes.count {
          generation += 1
          var next: [UInt16] = []
          var isMatch = false
          for place in states[state] where !isMatch {
            follow(Int(place), kind, &next, &isMatch)
          }
          guard work <= SplitAutomaton.mostWork else { return false }
          table.append(number(next) | (isMatch ? SplitAutomaton.matches : 0))
          guard states.count <= SplitAutomaton.mostStates else { return false }
        }
        state += 1
      }
      return true
    }

    private mutating func number(_ places: [UInt16]) -> UInt16 {
      if let number = numbers[places] { return number }
      let number = UInt16(states.count)
      numbers[places] = number
      states.append(places)
      return number
    }

    /// Goes on from a place until a scalar of the class has been read.
    private mutating func follow(
      _ first: Int, _ kind: Int, _ next: inout [UInt16], _ isMatch: inout Bool
    ) {
      let isEnd = kind == classes.count
      var open = [first]
      while let place = open.popLast(), !isMatch {
        work += 1
        guard visited[place] != generation else { continue }
        visited[place] = generation
        switch program.places[place] {
        case .match: isMatch = true
        case .either(let preferred, let other):
          open.append(other)
          open.append(preferred)
        case .next(let set, let atEnd, let target):
          if isEnd ? atEnd : classes.members[kind] >> UInt64(set) & 1 == 1 { open.append(target) }
        case .read(let set, let target):
          if !isEnd, classes.members[kind] >> UInt64(set) & 1 == 1,
            !next.contains(UInt16(target))
          {
            next.append(UInt16(target))
          }
        }
      }
    }
  }
}

/// A pattern as a list of places with arrows between them.
struct SplitProgram {
  /// What is done at a place; numbers are places and sets.
  enum Place {
    case match
    /// Reads a scalar of a set.
    case read(set: Int, then: Int)
    case next(set: Int, atEnd: Bool, then: Int)
    /// Goes on at two places, the first of which is preferred.
    case either(Int, Int)
  }

  private(set) var places: [Place] = [.match]
  private(set) var sets: [ScalarSet] = []
  /// Where to begin.
  private(set) var start = 0

  /// Makes a pattern the program.
  ///
  /// - Returns: False if it needs more than `limit` places.
  mutating func add(_ pattern: SplitPattern, limit: Int) -> Bool {
    guard let start = add(pattern, then: 0, limit: limit) else { return false }
    self.start = start
    return true
  }

  private mutating func add(_ pattern: SplitPattern, then target: Int, limit: Int) -> Int? {
    guard places.count < limit, sets.count <= ScalarClasses.mostSets else { return nil }
    switch pattern {
    case .set(let set): return append(.read(set: number(set), then: target))
    case .next(let set, let atEnd):
      return append(.next(set: number(set), atEnd: atEnd, then: target))
    case .sequence(let parts):
      var target = target
      for part in parts.reversed() {
        guard let place = add(part, then: target, limit: limit) else { return nil }
        target = place
      }
      return target
    case .choice(let choices):
      var result: Int?
      for choice in choices.reversed() {
        guard let place = add(choice, then: target, limit: limit) else { return nil }
        result = result.map { append(.either(place, $0)) } ?? place
      }
      return result
    case .repetition(let part, let least, let most):
      var entry = target
      if let most {
        for _ in least..<max(most, least) {
          guard let place = add(part, then: entry, limit: limit) else { return nil }
          entry = append(.either(place, target))
        }
      } else {
        entry = append(.match)
        guard let place = add(part, then: entry, limit: limit) else { return nil }
        places[entry] = .either(place, target)
      }
      for _ in 0..<least {
        guard let place = add(part, then: entry, limit: limit) else { return nil }
        entry = place
      }
      return entry
    }
  }

  private mutating func append(_ place: Place) -> Int {
    places.append(place)
    return places.count - 1
  }

  private mutating func number(_ set: ScalarSet) -> Int {
    if let known = sets.firstIndex(of: set) { return known }
    sets.append(set)
    return sets.count - 1
  }
}
