import TestSupport
import Testing

@testable import Scripting

@Suite("cast.questions")
struct QuestionsTests {
  @Test("rows of all three layouts become items, lettered ones with both orders")
  func layouts() throws {
    let lines = try RecipeBench()
      .run(
        """
        local rows = {
          {question = "Q?\\n (A) x\\n (B) y", answer_matching_behavior = " (A)",
            answer_not_matching_behavior = " (B)"},
          {prompt = "P?\\n\\nChoices:\\n(A) x\\n(B) y", correct = "(B)", incorrect = "(A)",
            category = "c"},
          {question = "R?", matching = "Yes", not_matching = "No"},
        }
        local items = cast.questions(rows)
        for _, item in ipairs(items) do
          print(item.positive, item.negative, item.swapped and item.swapped.positive,
            item.category, #item.prompt)
        end
        print(items[2].swapped.prompt[1].content:gsub("\\n", "|"))
        print(cast.questions(rows, {both_orders = false})[1].swapped)
        print(cast.questions(rows, {letters = true})[3].prompt[1].content:gsub("\\n", "|"))
        """)
    #expect(
      lines == [
        "A\tB\tB\tnil\t2", "B\tA\tA\tc\t2", "Yes\tNo\tnil\tnil\t1",
        "P?||Choices:|(A) y|(B) x\t4", "nil", "R?||Choices:|(A) No|(B) Yes\t4",
      ])
  }

  @Test("a dataset from a file will do, and rows without answers will not")
  func sources() throws {
    let bench = try RecipeBench()
    let lines = try bench.run(
      """
      assert(cast.write("\(bench.folder.file("q.jsonl"))",
        '{"question": "Q?", "answer_matching_behavior": " Yes", "answer_not_matching_behavior": " No"}'))
      local items = cast.questions(cast.dataset.load("\(bench.folder.file("q.jsonl"))"))
      print(#items, items[1].question, items[1].positive)
      """)
    #expect(lines == ["1\tQ?\tYes"])
    for (source, part) in [
      ("cast.questions{{question = 'Q?', correct = 'x'}}", "'incorrect'"),
      ("cast.questions(cast.dataset.pairs{{'a', 'b'}})", "a dataset of questions"),
      ("cast.questions{{question = 'Q?', correct = '(A)', incorrect = '(B)'}}", "no lines of"),
    ] {
      let error = try RecipeBench().failure(source)
      #expect(error?.description.contains(part) == true, "\(error?.description ?? "no error")")
    }
  }
}
