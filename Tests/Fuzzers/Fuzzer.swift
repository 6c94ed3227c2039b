import Checkpoint
import JSON
import Jinja
import Steering
import Tokens
import Transformer

/// A reader of strangers' files, and what is tried on it.
///
/// Whatever the bytes are, it must give a value or one of its own errors: soon, in bounded memory,
/// without a crash. What it gives is used, so that a wrong value shows too.
public struct Fuzzer: Sendable {
  /// How it is called, by `CASTHOST_FUZZ` too.
  public let name: String
  /// Files that are read; mutants are made of them.
  public let seeds: [[UInt8]]
  /// Pieces that mean something to the reader, put into mutants.
  public let words: [[UInt8]]
  /// Mutants of a short run.
  public let rounds: Int
  private let body: @Sendable ([UInt8]) throws -> Void

  init(
    _ name: String, rounds: Int, seeds: [[UInt8]], words: [String] = [],
    body: @escaping @Sendable ([UInt8]) throws -> Void
  ) {
    self.name = name
    self.rounds = rounds
    self.seeds = seeds
    self.words = words.map { Array($0.utf8) }
    self.body = body
  }

  /// Reads a file, and uses what was read.
  ///
  /// - Returns: Nil if it was read, else the message of the error.
  /// - Throws: ``FuzzFinding`` for an error of another kind than the reader promises, and for a
  ///   value that contradicts itself.
  public func attempt(_ bytes: [UInt8]) throws -> String? {
    do {
      try body(bytes)
      return nil
    } catch let finding as FuzzFinding {
      throw finding
    } catch {
      return try Fuzzer.message(of: error)
    }
  }

  /// What an error says; one that is not of the readers is a finding.
  private static func message(of error: any Error) throws -> String {
    let message: String
    switch error {
    case let error as CheckpointError: message = error.message
    case let error as ModelError: message = error.message
    case let error as TokenError: message = error.message
    case let error as SteeringError: message = error.message
    case let error as JSONFault: return error.description
    case let error as JinjaError:
      guard error.line != nil || error.code == .limit else {
        throw FuzzFinding("an error without a line: \(error)")
      }
      return error.message
    default: throw FuzzFinding("an error of another kind: \(error)")
    }
    guard message.hasSuffix(".") || message.hasSuffix(")") else {
      throw FuzzFinding("no sentence: \(message)")
    }
    return message
  }

  /// All of them.
  public static let all: [Fuzzer] = [
    .json, .safetensors, .gguf, .split, .configuration, .vocabulary, .tokenizer,
    .tokenizerConfiguration, .jinja, .vector, .dataset,
  ]
}

/// What a reader must not do.
public struct FuzzFinding: Error, CustomStringConvertible {
  /// What it did.
  public let description: String

  init(_ description: String) { self.description = description }

  /// Throws where something does not hold.
  static func unless(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw FuzzFinding(what()) }
  }
}
