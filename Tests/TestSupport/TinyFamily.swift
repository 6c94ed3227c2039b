/// What the tensors and keys of a family's GGUF checkpoints have that llama's do not.
struct TinyFamily {
  /// Whether queries, keys and values, or the gate and the other rows, are one matrix.
  enum Fusion { case none, attention, all }

  var hasPreNorms = true
  var hasPostNorms = false
  /// Norms by mean and variance, with biases.
  var hasLayerNorms = false
  /// Length of the norms of queries and keys; 0 where there are none.
  var queryNorm = 0
  var keyNorm = 0
  /// Queries, keys and values have biases.
  var hasAttentionBiases = false
  /// So have the other projections.
  var hasBiases = false
  var fusion = Fusion.none
  var isGated = true
  var hasLearnedPositions = false
  var experts = 0
  /// Keys beside the common ones, without the family's name.
  var sizes: [(String, Int)] = []
  var numbers: [(String, Float)] = []

  init(_ model: TinyModel) {
    switch model.architecture {
    case "llama":
      sizes = [("rope.dimension_count", model.headWidth)]
      experts = model.experts
    case "qwen2": hasAttentionBiases = true
    case "qwen3", "qwen3moe":
      (queryNorm, keyNorm) = (model.headWidth, model.headWidth)
      experts = model.architecture == "qwen3moe" ? model.experts : 0
      if experts > 0 { sizes = [("expert_feed_forward_length", model.feedForwardWidth)] }
    case "gemma2":
      hasPostNorms = true
      sizes = [("attention.sliding_window", model.window)]
      numbers = [("attn_logit_softcapping", 5), ("final_logit_softcapping", 3)]
    case "gemma3":
      hasPostNorms = true
      (queryNorm, keyNorm) = (model.headWidth, model.headWidth)
      sizes = [("attention.sliding_window", model.window)]
    case "phi3":
      fusion = .all
      sizes = [("attention.sliding_window", model.window)]
    case "gpt2":
      (hasLayerNorms, hasBiases, isGated, hasLearnedPositions) = (true, true, false, true)
      fusion = .attention
    case "gptneox":
      (hasLayerNorms, hasBiases, isGated) = (true, true, false)
      fusion = .attention
      sizes = [("rope.dimension_count", model.headWidth / 2)]
    case "olmo2":
      (hasPreNorms, hasPostNorms) = (false, true)
      queryNorm = model.heads * model.headWidth
      keyNorm = model.kvHeads * model.headWidth
    case "stablelm":
      hasLayerNorms = true
      sizes = [("rope.dimension_count", model.headWidth / 2)]
    case "granite":
      numbers = [
        ("attention.scale", 0.2), ("embedding_scale", 3), ("residual_scale", 0.5),
        ("logit_scale", 2),
      ]
    case "starcoder2": (hasLayerNorms, hasBiases, isGated) = (true, true, false)
    default: break
    }
    if experts > 0 { sizes += [("expert_count", experts), ("expert_used_count", 2)] }
  }
}
