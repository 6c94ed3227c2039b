import Engine
import Testing
import Tokens

@testable import Steering

@Suite("Questions with two answers")
struct ChoiceQuestionTests {
  private func texts(_ form: ChoiceQuestion.Form) -> [String] {
    guard case .messages(let messages) = form.prompt else { return [] }
    return messages.map(\.content)
  }

  @Test("a lettered question has a second form with the answers exchanged, letters in their places")
  func lettered() throws {
    let text = "Do you agree?\n\n (A) Yes, I do.\n (B) No,\nnot at all."
    let question = try ChoiceQuestion(text, positive: " (B)", negative: " (A)")
    #expect(question.forms.count == 2)
    #expect(texts(question.forms[0]) == [text, "("])
    #expect([question.forms[0].positive, question.forms[0].negative] == ["B", "A"])
    #expect(
      texts(question.forms[1])
        == ["Do you agree?\n\n (A) No,\nnot at all.\n (B) Yes, I do.", "("])
    #expect([question.forms[1].positive, question.forms[1].negative] == ["A", "B"])
    let one = try ChoiceQuestion(text, positive: "(B)", negative: "(A)", bothOrders: false)
    #expect(one.forms == [question.forms[0]])
  }

  @Test("what follows the last answer stays where it is, and blank lines between answers too")
  func afterTheAnswers() throws {
    let text = "Agree?\n\nChoices:\n (A) No\n\n (B) Yes,\nmuch\n\nAnswer:"
    let once = try #require(ChoiceQuestion.exchanged(text, "A", "B"))
    #expect(once == "Agree?\n\nChoices:\n (A) Yes,\nmuch\n\n (B) No\n\nAnswer:")
    #expect(ChoiceQuestion.exchanged(once, "B", "A") == text)
  }

  @Test("exchanging twice gives the question back, of many answers too")
  func involution() throws {
    let text = "Which?\n(A) one\n(B) two\n(C) three"
    let once = try #require(ChoiceQuestion.exchanged(text, "C", "A"))
    #expect(once == "Which?\n(A) three\n(B) two\n(C) one")
    #expect(ChoiceQuestion.exchanged(once, "A", "C") == text)
    #expect(ChoiceQuestion.exchanged(text, "A", "D") == nil)
  }

  @Test("Yes and No are first words, or become letters that do not tell which one matches")
  func words() throws {
    let plain = try ChoiceQuestion("Fine?", positive: " Yes", negative: " No")
    #expect(plain.forms.count == 1 && texts(plain.forms[0]) == ["Fine?"])
    #expect(plain.forms[0].positive == "Yes")
    let yes = try ChoiceQuestion("Fine?", positive: " Yes", negative: " No", letters: true)
    let no = try ChoiceQuestion("Fine?", positive: "No", negative: "Yes", letters: true)
    #expect(texts(yes.forms[0]) == texts(no.forms[0]))
    #expect(yes.forms[0].positive == "B" && no.forms[0].positive == "A")
    #expect(yes.forms[1].positive == "A")
  }

  @Test("answers that are no two answers are refused")
  func refused() {
    for (positive, negative) in [("", "No"), ("Yes", " Yes "), ("(A)", "(B)")] {
      #expect(throws: SteeringError.self) {
        try ChoiceQuestion("Fine?", positive: positive, negative: negative)
      }
    }
  }

  @Test("content decides the side of a split, evenly")
  func split() {
    #expect(ContentHash.share(of: "a") == ContentHash.share(of: "a"))
    let below = (0..<2_000).count { ContentHash.share(of: "question \($0)") < 0.4 }
    #expect(abs(below - 800) < 100, "\(below)")
  }
}
