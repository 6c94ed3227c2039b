import Testing

@testable import Scripting

@Suite("cast.stats and cast.geometry")
struct StatisticsLibraryTests {
  @Test("a recipe gets the numbers of the room Statistics, from lists and tensors alike")
  func numbers() throws {
    let lines = try RecipeBench()
      .run(
        """
        local st = cast.stats
        print(st.auroc({1, 2, 3}, {0, 2}), st.auroc(cast.tensor.from{1, 2, 3}, {0, 2}))
        print(st.permutation({1, 1, 1}, {alternative = "greater"}).p,
          st.permutation({2, 2, 2}, {1, 1, 1}).p, st.permutation({1, 1, 1}).exact)
        print(st.rank_p(3, {1, 2, 4}), st.rank_p(-3, {1, 2, 4}, {alternative = "less"}))
        print(table.concat(st.holm{0.01, 0.04, 0.03}, " "))
        local line = st.line({0, 1, 2}, {1, 3, 5})
        print(line.slope, line.intercept, line.r, line.mse)
        print(st.steerability({0, 1}, {{0, 1}, {1, 0}, {0, 3}}).anti_steerable)
        print(st.spearman({1, 2, 3}, {1, 4, 9}), st.cohens_d({2, 4}, {1, 3}))
        local a = st.bootstrap({1, 2, 3, 9}, {seed = 4})
        local b = st.bootstrap({1, 2, 3, 9}, {seed = 4})
        print(a.estimate, a.lower == b.lower and a.upper == b.upper, a.lower < a.upper)
        print(st.bootstrap({1, 2, 9}, {statistic = function(x) return x[1] * 0 + 5 end}).upper)
        print(cast.geometry.pairwise_cosine(cast.tensor.from{{1, 0}, {0, 1}}),
          cast.geometry.explained_variance(cast.tensor.from{{1, 0}, {-1, 0}}))
        """)
    #expect(
      lines == [
        "0.75\t0.75", "0.125\t0.25\ttrue", "0.5\t0.25", "0.03 0.06 0.06", "2.0\t1.0\t1.0\t0.0",
        "0.33333333333333", "1.0\t0.70710678118655", "3.75\ttrue\ttrue", "5.0", "0.0\t1.0",
      ])
  }

  @Test("a vector separates pairs as its own build says, and its lens is the head's")
  func vectors() throws {
    let lines = try RecipeBench()
      .run(
        """
        local data = cast.dataset.pairs{{{10, 20, 30}, {10, 20, 31}}, {{40, 50}, {41, 51}}}
        local v = cast.vector.build(model, data, {layers = {0, 1}})
        local found = v:separation(model, data)
        local own = v.info.separation["1"]
        print(found[1].auroc == own.auroc, math.abs(found[1].cohensD - own.cohensD) < 1e-9)
        local last = model.n_layers - 1
        local acts = model:activations({{10, 20}}, {layers = {last}})[last][1]
        local lens = model:logit_lens(acts, {top = 3})
        local logits, ids = model:forward({10, 20})[1]:topk(3)
        print(lens.top[1].token == ids[1] - 1, math.abs(lens.top[2].logit - logits[2]) < 1e-4)
        print(#lens.bottom, lens.bottom[1].logit <= lens.bottom[2].logit)
        """)
    #expect(lines == ["true\ttrue", "true\ttrue", "3\ttrue"])
  }

  @Test(
    "wrong arguments say what is wrong",
    arguments: [
      ("cast.stats.auroc({}, {1})", "at least one number"),
      ("cast.stats.line({1, 1}, {2, 3})", "two different numbers"),
      ("cast.stats.pearson({1, 2}, {2})", "as many numbers as x has"),
      ("cast.stats.holm{2}", "from 0 to 1"),
      ("cast.stats.permutation({1}, {1, 2})", "1 numbers expected, got 2"),
      ("cast.stats.steerability({1, 2}, {{1}})", "rows of 2 numbers"),
      ("cast.geometry.pairwise_cosine(cast.tensor.ones(3))", "[n, m]"),
    ])
  func mistakes(source: String, part: String) throws {
    let error = try RecipeBench().failure(source)
    #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
  }
}
