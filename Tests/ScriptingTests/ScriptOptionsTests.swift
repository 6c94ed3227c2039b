import Scripting
import Testing

@Suite("cast.options and cast.recipe")
struct ScriptOptionsTests {
  private let declared = """
    local o = cast.options{
      scale = {4.0, "strength of the vector", min = 0, max = 10}, count = 3, quiet = false,
      mode = {"fast", choices = {"fast", "exact"}}, layers = {{10, 12}, "which blocks"}, name = "x",
    }
    print(o.scale, o.count, o.quiet, o.mode, table.concat(o.layers, "+"), o.name)
    """

  @Test("defaults are typed and overridden by arguments")
  func values() {
    #expect(ScriptRun(declared).output == "4.0\t3\tfalse\tfast\t10+12\tx")
    let run = ScriptRun(declared) {
      $0.arguments = [
        "--scale=6", "--count", "5", "--quiet", "--mode=exact", "--layers=1,2,3", "--name=a=b",
      ]
    }
    #expect(run.output == "6.0\t5\ttrue\texact\t1+2+3\ta=b")
    #expect(ScriptRun(declared) { $0.arguments = ["--no-quiet"] }.output.contains("false"))
  }

  @Test(
    "a wrong argument is a usage error that says what is wrong",
    arguments: [
      ("--scale=nan", "option '--scale': a finite number expected, got nan, got 'nan'"),
      ("--scale=1e999", "option '--scale': a finite number expected, got inf, got '1e999'"),
      ("--scale=11", "option '--scale': at most 10 expected, got '11'"),
      ("--scale=x", "option '--scale': number expected, got 'x'"),
      ("--count=1.5", "option '--count': integer expected, got '1.5'"),
      ("--quiet=maybe", "option '--quiet': yes or no expected, got 'maybe'"),
      (
        "--mode=fats",
        "option '--mode': one of fast, exact expected (did you mean 'fast'?), got 'fats'"
      ),
      ("--scael=1", "unknown option '--scael' (did you mean 'scale'?)"),
      ("--__index=x", "unknown option '--__index'"),
      ("--scale", "option '--scale' needs a value"),
      ("scale", "unexpected argument 'scale' (--name=value expected)"),
      ("--layers=1,x", "option '--layers': integer expected, got 'x'"),
    ])
  func usage(argument: String, message: String) {
    let error = ScriptRun(declared) { $0.arguments = [argument] }.error
    #expect(error?.code == .usage)
    #expect(error?.exitCode == 2)
    #expect(error?.message == message)
  }

  @Test("an option given twice, or as large as a book, is refused")
  func bounds() {
    let twice = ScriptRun(declared) { $0.arguments = ["--count=1", "--count=2"] }
    #expect(twice.error?.message == "option '--count' is given twice")
    let book = ScriptRun(declared) {
      $0.arguments = ["--name=" + String(repeating: "x", count: 10_000_000)]
    }
    #expect(book.error?.message == "option '--name': the value is too long")
  }

  @Test("--help shows the recipe and its options")
  func help() {
    let run = ScriptRun("cast.recipe{name = 'try', about = 'Tries things.'}\n" + declared) {
      $0.arguments = ["--help"]
      $0.recipe = "try.lua"
    }
    #expect(run.error?.code == .help)
    #expect(run.error?.exitCode == 0)
    #expect(
      run.error?.description == """
        try
        Tries things.
        Usage: casthost run try.lua -- [options]
          --count=…   (integer, default 3)
          --layers=…  which blocks (list, separated by commas, default 10,12)
          --mode=…    (fast | exact, default 'fast')
          --name=…    (text, default 'x')
          --quiet     (yes or no, default no)
          --scale=…   strength of the vector (number, to 10, from 0, default 4.0)
        """)
  }

  @Test("raw arguments are there too, and a newer API level stops the run")
  func recipe() {
    #expect(
      ScriptRun("print(#cast.args, cast.args[2])") { $0.arguments = ["a", "b"] }.output == "2\tb")
    let newer = ScriptRun("cast.recipe{name = 'x', api = 99} print('never')")
    #expect(newer.error?.code == .usage)
    #expect(newer.lines.isEmpty)
    #expect(newer.error?.message.hasPrefix("the recipe needs API level 99") == true)
    let unknown = ScriptRun("cast.recipe{nmae = 'x'}")
    #expect(unknown.error?.message == "unknown option 'nmae' to 'recipe' (did you mean 'name'?)")
  }
}
