import Kernels
import Steering
import Transformer

/// What `on_vector_build` gets: one object, reused.
final class BuildContext: HostObject {
  static let luaName = "vector build context"
  private var input: BuildMethod.Input?
  private var direction: Tensor?

  static func declare(in type: ClassDeclaration<BuildContext>) {
    type.property("layer") { context in context.input.map { LuaValue($0.layer) } ?? .nil }
    type.property("positive") { context in context.input.map { .tensor($0.positive) } ?? .nil }
    type.property("negative") { context in context.input.map { .tensor($0.negative) } ?? .nil }
    type.property("diffs") { context in
      context.input.flatMap { $0.isPaired ? .tensor(differences($0)) : nil } ?? .nil
    }
    type.property("vector") { context in context.direction.map { .tensor($0) } ?? .nil }
    type.text { "on_vector_build context: \($0.place)" }
  }

  var place: String { input.map { "layer \($0.layer), \($0.pairs) pairs" } ?? "no layer" }

  /// Runs the hooks on a layer's direction and returns what they made of it.
  func run(
    _ registry: HookRegistry, _ machine: LuaMachine, _ input: BuildMethod.Input,
    _ direction: [Float]
  ) throws -> [Float] {
    self.input = input
    self.direction = tensor(of: direction, input.width)
    defer {
      self.input = nil
      self.direction = nil
    }
    for hook in registry.hooks("on_vector_build") where hook.isActive {
      let answer = try registry.call(
        hook, with: self, in: .build, machine, at: { self.place })
      switch answer {
      case .carryOn: break
      case .skipOthers: return self.direction?.values ?? direction
      case .failed: self.direction = tensor(of: direction, input.width)
      case .replace(let value):
        guard case .tensor(let tensor) = value, tensor.count == direction.count else {
          _ = try registry.failed(
            hook,
            LuaError(
              .script,
              "on_vector_build hook returned another shape (expected [\(direction.count)])"),
            machine, place)
          continue
        }
        self.direction = tensor
      }
    }
    return self.direction?.values ?? direction
  }

  /// `[d_model]`, or `[tokens, d_model]` for a method that works token by token.
  private func tensor(of direction: [Float], _ width: Int) -> Tensor {
    guard direction.count > width, direction.count % width == 0 else { return Tensor(direction) }
    let tensor = Tensor(rows: direction.count / width, columns: width)
    tensor.base.update(from: direction, count: direction.count)
    return tensor
  }

  private static func differences(_ input: BuildMethod.Input) -> Tensor {
    let result = input.positive.copy()
    for index in 0..<result.count { result.base[index] -= input.negative.base[index] }
    return result
  }
}
